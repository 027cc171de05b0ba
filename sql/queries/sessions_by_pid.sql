-- Returns the processes $1 as far as the current user may see them, and whether their transactions
-- have written or hold other locks.
SELECT a.pid, a.usename::pg_catalog.text, a.application_name, a.state, a.query, a.backend_type,
       (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.state_change) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8,
       (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8,
       a.backend_xid IS NOT NULL
         OR EXISTS (SELECT FROM pg_catalog.pg_locks l
                     WHERE l.pid OPERATOR(pg_catalog.=) a.pid
                       AND l.granted
                       AND (l.locktype OPERATOR(pg_catalog.=) 'advisory'
                            OR l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.mode OPERATOR(pg_catalog.<>) 'AccessShareLock')),
       pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')
  FROM pg_catalog.pg_stat_activity a
 WHERE a.pid OPERATOR(pg_catalog.=) ANY ($1)
