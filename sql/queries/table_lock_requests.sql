-- Other sessions' locks on tables of this database, held or awaited, that keep writers out: what changing a schema takes. With each,
-- for how many microseconds it is awaited and whose locks are in its way; 0 is a prepared transaction.
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
