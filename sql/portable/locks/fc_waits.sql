-- Returns the waits of the cluster, from one reading of the lock table: the processes that each
-- process waits for directly, and those that it waits for through others as well.
CREATE FUNCTION @extschema@.fc_waits(locks jsonb)
RETURNS TABLE (direct jsonb, reached jsonb) LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH RECURSIVE edge AS MATERIALIZED (
    SELECT DISTINCT w.pid, b.pid AS blocker
      FROM (SELECT DISTINCT l.pid FROM jsonb_to_recordset(locks) l (pid int, granted boolean) WHERE NOT l.granted AND l.pid IS NOT NULL) w
     CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) b (pid)
), chain AS (
    SELECT e.pid, e.blocker FROM edge e
    UNION
    SELECT c.pid, e.blocker FROM chain c JOIN edge e ON e.pid = c.blocker
)
SELECT coalesce((SELECT jsonb_object_agg(d.pid, d.blockers) FROM (SELECT e.pid, jsonb_agg(e.blocker ORDER BY e.blocker) AS blockers FROM edge e GROUP BY e.pid) d), '{}'),
       coalesce((SELECT jsonb_object_agg(d.pid, d.blockers) FROM (SELECT c.pid, jsonb_agg(c.blocker ORDER BY c.blocker) AS blockers FROM chain c WHERE c.pid <> c.blocker GROUP BY c.pid) d), '{}')
$fn$;
