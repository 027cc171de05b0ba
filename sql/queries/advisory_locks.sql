-- One look at the lock table: every advisory lock held or awaited in the cluster, and whoever waits for anything else.
SELECT l.locktype OPERATOR(pg_catalog.=) 'advisory' AS is_advisory,
       l.database,
       l.classid::pg_catalog.int8,
       l.objid::pg_catalog.int8,
       l.objsubid,
       l.virtualtransaction,
       l.pid,
       l.mode,
       l.granted,
       l.waitstart
  FROM pg_catalog.pg_locks l
 WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory'
    OR NOT l.granted
