-- Finds failed and locked migrations, as src/checks/migrations.rs does.
CREATE FUNCTION @extschema@.fc_check_migrations(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH row AS (
    SELECT m.*, @extschema@.fc_relation(m.relation) AS name, m.tool || coalesce(' ' || m.version, '') || ': ' AS what, coalesce(m.detail, m.status) AS why
      FROM (SELECT x.* FROM @extschema@.fc_migrations() x ORDER BY array_position('{failed,dirty,locked,in_progress,unknown,clean}', x.status), x.table_name COLLATE "C", x.tool COLLATE "C") m JOIN pg_class c ON c.oid = m.relation WHERE c.relnamespace = ANY (schemas)
)
SELECT 'migration history', NULL, r.name, NULL, NULL FROM row r WHERE r.status = 'unknown' AND r.fix IS NOT NULL
UNION ALL
SELECT 'warning', 'migration_unknown', 'table ' || r.name, r.what || 'not read: ' || r.why, NULL FROM row r WHERE NOT r.is_read AND r.status <> 'unknown'
UNION ALL
SELECT CASE WHEN r.status IN ('failed', 'dirty') THEN 'error' WHEN r.lock_status = 'idle_holder' THEN 'info' ELSE 'warning' END,
       CASE r.status WHEN 'locked' THEN 'migration_locked' WHEN 'unknown' THEN 'migration_unknown' ELSE 'migration_failed' END, 'table ' || r.name, r.what || r.why, r.fix
  FROM row r
 WHERE r.status IN ('failed', 'dirty') OR r.status = 'locked' AND NOT r.is_advisory OR r.status = 'unknown' AND r.fix IS NULL
$fn$;
