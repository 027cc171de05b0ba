-- Returns the history and lock tables of this database, for the keys that tools compute from their
-- names.
CREATE FUNCTION @extschema@.fc_history_tables() RETURNS TABLE (tool text, schema_name text, table_name text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT t.tool, t.schema_name, t.table_name FROM @extschema@.fc_migration_tables() t
 WHERE t.is_whole AND t.part <> 'metadata' AND t.kind IN ('r', 'p')
$fn$;
