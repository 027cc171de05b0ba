-- Finds settings and sessions in which nothing enforces foreign keys, as
-- src/checks/replication_role.rs does.
CREATE FUNCTION @extschema@.fc_check_replication_role()
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH place AS (
    SELECT CASE WHEN s.role IS NOT NULL THEN 'warning' ELSE 'error' END AS severity,
           CASE WHEN s.role IS NULL AND s.database IS NULL THEN 'all roles' WHEN s.role IS NULL THEN format('database %I', s.database)
                WHEN s.database IS NULL THEN format('role %I', s.role) ELSE format('role %I in database %I', s.role, s.database) END AS object,
           CASE WHEN s.role IS NULL AND s.database IS NULL THEN 'in their sessions' ELSE 'in its sessions' END AS sessions,
           format('ALTER %s RESET session_replication_role;', CASE WHEN s.role IS NULL AND s.database IS NULL THEN 'ROLE ALL' WHEN s.role IS NULL THEN format('DATABASE %I', s.database)
                WHEN s.database IS NULL THEN format('ROLE %I', s.role) ELSE format('ROLE %I IN DATABASE %I', s.role, s.database) END) AS fix
      FROM (
           @queries/database_role_settings.sql(ARRAY['session_replication_role'])@
           ) s (database, role, name, value)
     WHERE lower(s.value) = 'replica'
    UNION ALL
    SELECT CASE WHEN s.source = 'configuration file' THEN 'error' ELSE 'warning' END, CASE WHEN s.source = 'configuration file' THEN 'the server''s configuration' ELSE 'this session' END,
           CASE WHEN s.source = 'configuration file' THEN 'in any session' ELSE 'in it' END,
           CASE WHEN s.source = 'configuration file' THEN NULL ELSE 'SET session_replication_role = ''origin'';' END
      FROM (
           @queries/setting_source.sql('session_replication_role')@
           ) s (value, source)
     WHERE lower(s.value) = 'replica' AND s.source NOT IN ('database', 'user', 'database user', 'global')
)
SELECT p.severity, 'enforcement_off', p.object,
       format('session_replication_role is replica: no foreign key is enforced and no ordinary trigger fires %s; fk_audit() counts the rows that violate foreign keys', p.sessions), p.fix
  FROM place p
$fn$;
