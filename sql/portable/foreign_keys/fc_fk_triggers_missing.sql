-- Returns the tables that lack triggers of a foreign key, with its definition.
CREATE FUNCTION @extschema@.fc_fk_triggers_missing()
RETURNS TABLE (key oid, schema_name text, table_name text, checks_child boolean, definition text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/foreign_key_triggers_missing.sql@
$fn$;
