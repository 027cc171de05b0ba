-- Returns the disabled triggers of foreign keys.
CREATE FUNCTION @extschema@.fc_fk_triggers_disabled()
RETURNS TABLE (key oid, schema_name text, table_name text, name text, is_for_replicas boolean, checks_child boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/foreign_key_triggers_disabled.sql@
$fn$;
