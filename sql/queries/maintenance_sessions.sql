-- Returns the processes that are connected to this database, except this session, those of
-- autovacuum, and parallel workers, which end with their leader. A session of another role is
-- hidden from a role without pg_read_all_stats, except for its process id, role and
-- application_name.
SELECT a.pid,
       (EXTRACT(epoch FROM a.backend_start) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8,
       a.usename::pg_catalog.text,
       a.application_name,
       a.backend_type,
       a.state,
       (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.state_change) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8,
       a.backend_xid IS NOT NULL,
       a.backend_start
  FROM pg_catalog.pg_stat_activity a
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) a.datid
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
   AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
   AND (a.backend_type IS NULL
        OR a.backend_type OPERATOR(pg_catalog.<>) ALL (ARRAY['autovacuum worker', 'parallel worker']))
 ORDER BY a.backend_start, a.pid
