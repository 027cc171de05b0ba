-- Returns the tables in schemas $1 whose statistics may be missing or out of date, as far as
-- catalogs and counters tell: those without statistics, those with more than $2 times as many
-- changes as autovacuum waits for, and those whose counters know of no ANALYZE, as after a crash or
-- on a standby. Opens no table. Skips members of extensions.
--
-- Only superusers may read pg_statistic; the query only asks whether it has a row.
WITH setting AS MATERIALIZED (
SELECT pg_catalog.current_setting('autovacuum')::pg_catalog.bool
       AND pg_catalog.current_setting('track_counts')::pg_catalog.bool AS is_on,
       pg_catalog.current_setting('autovacuum_analyze_threshold')::pg_catalog.float8 AS threshold,
       pg_catalog.current_setting('autovacuum_analyze_scale_factor')::pg_catalog.float8 AS scale_factor
)
SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname), c.relkind OPERATOR(pg_catalog.=) 'p',
       -- A partitioned table's pages are its partitions' as of their last VACUUM or ANALYZE.
       COALESCE(CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'p' THEN (
        WITH RECURSIVE member AS (
        SELECT i.inhrelid AS oid
          FROM pg_catalog.pg_inherits i
         WHERE i.inhparent OPERATOR(pg_catalog.=) c.oid
         UNION ALL
        SELECT i.inhrelid
          FROM member m
          JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) m.oid
        )
        SELECT pg_catalog.sum(l.relpages)
          FROM member m
          JOIN pg_catalog.pg_class l ON l.oid OPERATOR(pg_catalog.=) m.oid
         WHERE l.relkind OPERATOR(pg_catalog.=) 'r'
       ) ELSE c.relpages END, 0),
       c.reltuples::pg_catalog.float8, t.has_statistics, v.is_on, u.changes, t.is_analyzed, t.is_overdue
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 CROSS JOIN setting s
  LEFT JOIN LATERAL (
        SELECT pg_catalog.max(l.option_value) FILTER (WHERE l.option_name OPERATOR(pg_catalog.=) 'autovacuum_enabled') AS is_on,
               pg_catalog.max(l.option_value) FILTER (WHERE l.option_name OPERATOR(pg_catalog.=) 'autovacuum_analyze_threshold')
               AS threshold,
               pg_catalog.max(l.option_value) FILTER (WHERE l.option_name OPERATOR(pg_catalog.=) 'autovacuum_analyze_scale_factor')
               AS scale_factor
          FROM pg_catalog.pg_options_to_table(c.reloptions) l
       ) o ON c.reloptions IS NOT NULL
 CROSS JOIN LATERAL (
        SELECT s.is_on AND COALESCE(o.is_on::pg_catalog.bool, true) AS is_on,
               COALESCE(o.threshold::pg_catalog.float8, s.threshold) OPERATOR(pg_catalog.+)
               (COALESCE(o.scale_factor::pg_catalog.float8, s.scale_factor) OPERATOR(pg_catalog.*) GREATEST(c.reltuples, 0)) AS patience
       ) v
 CROSS JOIN LATERAL (
        -- A session's changes are counted up to a second later. So if there was an ANALYZE and no
        -- change is counted before it, the changes that made its rows were counted after it.
        SELECT CASE WHEN COALESCE(w.by_autovacuum, w.by_hand) IS NOT NULL AND w.changes OPERATOR(pg_catalog.=) w.changes_ever
                    THEN GREATEST(w.changes OPERATOR(pg_catalog.-) c.reltuples::pg_catalog.int8, 0)
                    ELSE w.changes END AS changes, w.by_autovacuum, w.by_hand
          FROM (
                SELECT pg_catalog.pg_stat_get_mod_since_analyze(c.oid) AS changes,
                       pg_catalog.pg_stat_get_tuples_inserted(c.oid) OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_tuples_updated(c.oid)
                       OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_tuples_deleted(c.oid) AS changes_ever,
                       pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid) AS by_autovacuum,
                       pg_catalog.pg_stat_get_last_analyze_time(c.oid) AS by_hand
               ) w
       ) u
 CROSS JOIN LATERAL (
        SELECT EXISTS (
                SELECT FROM pg_catalog.pg_statistic t
                 WHERE t.starelid OPERATOR(pg_catalog.=) c.oid
                   AND t.stainherit OPERATOR(pg_catalog.=) (c.relkind OPERATOR(pg_catalog.=) 'p')
               ) AS has_statistics,
               COALESCE(u.by_autovacuum, u.by_hand) IS NOT NULL AS is_analyzed,
               -- If autovacuum analyzed the table within the last hour, it copes, however fast the
               -- rows change.
               u.changes OPERATOR(pg_catalog.>) ($2::pg_catalog.float8 OPERATOR(pg_catalog.*) v.patience)
               AND (u.by_autovacuum IS NULL OR u.by_autovacuum OPERATOR(pg_catalog.<)
                    (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) '1 hour'::pg_catalog.interval)) AS is_overdue
       ) t
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,m,p}'::pg_catalog."char"[])
   AND NOT (c.relkind OPERATOR(pg_catalog.=) 'p' AND c.relispartition)
   AND c.oid OPERATOR(pg_catalog.>=) 16384 -- the system's tables have lower OIDs
   AND n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND CASE WHEN t.has_statistics THEN c.relkind OPERATOR(pg_catalog.<>) 'p' AND (t.is_overdue OR NOT t.is_analyzed)
            ELSE EXISTS (
                SELECT FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
                   AND a.attnum OPERATOR(pg_catalog.>) 0
                   AND NOT a.attisdropped
                   AND a.attgenerated OPERATOR(pg_catalog.<>) 'v'
                   AND COALESCE(a.attstattarget, -1) OPERATOR(pg_catalog.<>) 0
            ) END
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 ORDER BY n.nspname, c.relname
