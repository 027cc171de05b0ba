-- The sessions that decide whether a holder may be ended: those at work that may belong to its
-- program, the one that waits for it and that it waits for, and those that only read. on_table is
-- the table that the holder has locked, if the lock is on a table.
CREATE FUNCTION @extschema@.fc_related(locks jsonb, sessions jsonb, direct jsonb, reached jsonb, holder jsonb, on_table oid)
RETURNS TABLE (in_the_way jsonb, stuck jsonb, reading jsonb) LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH other AS MATERIALIZED (
    SELECT o.value AS session, (o.value ->> 'pid')::int AS pid, o.value ->> 'work' AS work,
           o.value ->> 'role' IS NOT NULL AND o.value ->> 'role' = holder ->> 'role' AND o.value ->> 'database' = holder ->> 'database'
           AND o.value ->> 'client_addr' IS NOT DISTINCT FROM holder ->> 'client_addr' AS is_sibling,
           coalesce(reached -> (o.value ->> 'pid') @> (holder -> 'pid'), false) AS waits_for_holder
      FROM jsonb_each(sessions) o
     WHERE o.value ->> 'database_oid' = holder ->> 'database_oid' AND (o.value ->> 'is_client')::boolean
       AND (o.value ->> 'pid')::int <> pg_backend_pid() AND o.value ->> 'pid' <> holder ->> 'pid'
), judged AS MATERIALIZED (
    SELECT o.*, o.work IN ('schema', 'writes', 'written') AND w.waits_for_other AND NOT w.wants_table AS waits_at_work,
           o.session ->> 'application' IS NOT DISTINCT FROM holder ->> 'application' AND w.waits_for_end AND coalesce(direct -> o.pid::text @> (holder -> 'pid'), false)
           OR abs(extract(epoch FROM (o.session ->> 'backend_start')::timestamptz - (holder ->> 'backend_start')::timestamptz)) <= 5 AS comes_with
      FROM other o
     CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(l.kind <> 0 AND NOT l.granted), false), coalesce(bool_or(l.kind = 1 AND l.relation = on_table), false), coalesce(bool_or(l.kind = 3 AND NOT l.granted), false)
          FROM jsonb_to_recordset(locks) l (kind int, pid int, granted boolean, relation oid) WHERE l.pid = o.pid) w (waits_for_other, wants_table, waits_for_end)
), sorted AS (
    SELECT j.*, CASE WHEN j.waits_for_holder AND j.is_sibling AND j.waits_at_work AND (holder ->> 'is_idle')::boolean AND j.comes_with THEN 'stuck'
                     WHEN j.waits_for_holder THEN CASE WHEN j.is_sibling AND j.waits_at_work THEN 'way' END
                     WHEN j.is_sibling AND j.work IN ('schema', 'writes', 'written', 'may_write', 'unknown') OR j.work = 'schema' THEN 'way'
                     WHEN j.is_sibling AND j.work = 'reads' THEN 'reading' END AS place
      FROM judged j
)
SELECT coalesce(jsonb_agg(s.session ORDER BY s.work <> 'schema', s.pid) FILTER (WHERE s.place = 'way'), '[]'),
       (array_agg(s.session ORDER BY s.pid) FILTER (WHERE s.place = 'stuck'))[1],
       coalesce(jsonb_agg(s.session ORDER BY s.pid) FILTER (WHERE s.place = 'reading'), '[]')
  FROM sorted s
$fn$;
