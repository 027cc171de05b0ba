-- Returns the locks on relations of database $1 that other sessions hold or await: the relation, the
-- mode, whether it is held, the process, its state and role, and for how many microseconds its
-- transaction has been open. Process 0 is a prepared transaction.
SELECT l.relation, l.mode, l.granted, COALESCE(l.pid, 0), a.state, a.usename::pg_catalog.text,
       (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start)
        OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8
  FROM pg_catalog.pg_locks l
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
 WHERE l.locktype OPERATOR(pg_catalog.=) 'relation'
   AND l.database OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND (l.pid IS NULL OR l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())
 ORDER BY l.granted DESC, l.pid
