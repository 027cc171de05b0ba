-- Reports the state of migrations, worst first.
CREATE FUNCTION @extschema@.migration_report()
RETURNS TABLE (status text, tool text, table_name regclass, version text, detail text, fix text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT m.status, m.tool, m.relation::regclass, m.version, m.detail, m.fix FROM @extschema@.fc_migrations() m
 ORDER BY array_position('{failed,dirty,locked,in_progress,unknown,clean}', m.status), m.table_name COLLATE "C", m.tool COLLATE "C"
$fn$;
