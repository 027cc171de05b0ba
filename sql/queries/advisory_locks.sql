-- One look at the lock table: every advisory lock held or awaited in the cluster, whoever waits for anything else, and the
-- transaction ids of prepared transactions, whose locks have no process.
SELECT l.locktype OPERATOR(pg_catalog.=) 'advisory' AS is_advisory,
       l.database,
       l.classid::pg_catalog.int8,
       l.objid::pg_catalog.int8,
       l.objsubid,
       l.virtualtransaction,
       l.pid,
       l.mode,
       l.granted,
       l.waitstart,
       l.transactionid::pg_catalog.text
  FROM pg_catalog.pg_locks l
 WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory'
    OR NOT l.granted
    OR l.pid IS NULL AND l.locktype OPERATOR(pg_catalog.=) 'transactionid'
