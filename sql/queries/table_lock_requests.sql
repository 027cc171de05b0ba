-- Returns other sessions' locks on tables of database $1, held or awaited, in the modes that block
-- writers, as schema changes acquire them. For an awaited lock, also for how many microseconds it
-- has been awaited and which processes block it; 0 is a prepared transaction.
SELECT l.relation, COALESCE(l.pid, 0), l.mode, l.granted,
       (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) l.waitstart) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8,
       CASE WHEN NOT l.granted THEN pg_catalog.pg_blocking_pids(l.pid) END
  FROM pg_catalog.pg_locks l
 WHERE l.locktype OPERATOR(pg_catalog.=) 'relation'
   AND l.database OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND l.relation OPERATOR(pg_catalog.>=) 16384
   AND (l.pid IS NULL OR l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())
   AND l.mode OPERATOR(pg_catalog.=) ANY ('{ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}')
 ORDER BY l.granted DESC, l.waitstart NULLS LAST, l.pid
