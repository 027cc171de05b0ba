-- Finds locks whose holders do not come back, as src/checks/advisory_locks.rs does. A row without
-- check_name names what could not be judged.
CREATE FUNCTION @extschema@.fc_check_advisory_locks()
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH found AS (
    SELECT l.*, row_number() OVER () AS no,
           CASE WHEN l.status IN ('orphan', 'pooler_leak') THEN 'advisory_lock_orphan' WHEN l.status = 'self_blocked' THEN 'advisory_lock_self_blocked'
                WHEN l.status = 'prepared_transaction' AND l.blocks IS NOT NULL THEN 'advisory_lock_prepared' WHEN l.status = 'idle_holder' THEN 'advisory_lock_idle' END AS name
      FROM @extschema@.fc_locks() l WHERE l.database IS NULL OR l.other_database IS NULL
), holder AS (
    SELECT f.*, row_number() OVER w AS place, string_agg(f.lock_key, ' and ') OVER (w ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS others
      FROM found f WHERE f.name IS NOT NULL
    WINDOW w AS (PARTITION BY f.pid, CASE WHEN f.pid IS NULL THEN f.reason END ORDER BY array_position('{orphan,self_blocked,pooler_leak,prepared_transaction,blocking,idle_holder}', f.status), f.lock_key)
)
SELECT CASE h.name WHEN 'advisory_lock_idle' THEN 'info' ELSE 'warning' END, h.name, format('advisory lock %s%s', h.lock_key, ' (' || h.tool || ')'),
       concat_ws('; ', CASE h.status WHEN 'self_blocked' THEN 'self-blocked' ELSE replace(h.status, '_', ' ') END || coalesce(format(': pid %s', h.pid), ''), h.reason, 'it also holds ' || h.others, h.remedy), h.fix
  FROM holder h WHERE h.place = 1
UNION ALL
SELECT 'advisory lock', NULL, format('advisory lock %s%s', f.lock_key, format(' of pid %s', f.pid)), NULL, NULL
  FROM found f WHERE f.name IS NULL AND f.granted AND f.session ->> 'state' IS NULL AND f.session IS NOT NULL
$fn$;
