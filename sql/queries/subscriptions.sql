-- Returns the subscriptions of this database that write to a table of schemas $1, or all of them if $2:
-- the name, whether it is enabled, whether its apply worker runs (null on a standby, where none can),
-- how often its workers have failed, and the names of the tables whose first copy is not finished.
SELECT s.subname::pg_catalog.text, s.subenabled,
       CASE WHEN NOT pg_catalog.pg_is_in_recovery()
            THEN EXISTS (SELECT FROM pg_catalog.pg_stat_subscription w
                          WHERE w.subid OPERATOR(pg_catalog.=) s.oid AND w.relid IS NULL AND w.pid IS NOT NULL) END,
       -- The counters of the first copy have other names since version 19.
       COALESCE((SELECT pg_catalog.sum(c.value::pg_catalog.int8)
                   FROM pg_catalog.pg_stat_subscription_stats e
                  CROSS JOIN LATERAL pg_catalog.jsonb_each_text(pg_catalog.to_jsonb(e)) c (name, value)
                  WHERE e.subid OPERATOR(pg_catalog.=) s.oid
                    AND c.name OPERATOR(pg_catalog.~) '_error_count$'), 0)::pg_catalog.int8,
       t.schemas, t.names
  FROM pg_catalog.pg_subscription s
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.subdbid
 CROSS JOIN LATERAL (
       SELECT pg_catalog.array_agg(n.nspname::pg_catalog.text ORDER BY n.nspname, c.relname)
                FILTER (WHERE r.srsubstate OPERATOR(pg_catalog.<>) 'r') AS schemas,
              pg_catalog.array_agg(c.relname::pg_catalog.text ORDER BY n.nspname, c.relname)
                FILTER (WHERE r.srsubstate OPERATOR(pg_catalog.<>) 'r') AS names,
              pg_catalog.bool_or(c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])) AS is_covered
         FROM pg_catalog.pg_subscription_rel r
         JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) r.srrelid
         JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE r.srsubid OPERATOR(pg_catalog.=) s.oid) t
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
   AND ($2::pg_catalog.bool OR t.is_covered)
 ORDER BY s.subname
