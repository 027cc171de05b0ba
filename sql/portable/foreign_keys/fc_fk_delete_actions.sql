-- Returns what a DELETE of the table's rows also changes.
CREATE FUNCTION @extschema@.fc_fk_delete_actions(relation oid)
RETURNS TABLE (schema_name text, table_name text, action text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/foreign_key_delete_actions.sql@
$fn$;
