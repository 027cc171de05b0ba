-- One look at the lock table. Kind 0: every advisory lock held or awaited in the cluster; 1: locks on users' relations that are
-- more than reading takes; 2: transaction ids, held by sessions that have written and by prepared transactions, whose locks have no
-- process; 3 and 4: waits for the end of a transaction that may only have read, and for anything else. $1: this database, in which
-- temporary tables can be told.
SELECT CASE WHEN l.locktype OPERATOR(pg_catalog.=) 'advisory' THEN 0
            WHEN l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.relation OPERATOR(pg_catalog.>=) 16384 THEN 1
            WHEN l.locktype OPERATOR(pg_catalog.=) 'transactionid' THEN 2
            WHEN l.locktype OPERATOR(pg_catalog.=) 'virtualxid' THEN 3
            ELSE 4 END,
       l.database,
       l.classid::pg_catalog.int8,
       l.objid::pg_catalog.int8,
       l.objsubid,
       l.virtualtransaction,
       l.pid,
       l.mode,
       l.granted,
       l.waitstart,
       l.transactionid::pg_catalog.text,
       l.relation,
       CASE WHEN l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.database OPERATOR(pg_catalog.=) $1::pg_catalog.oid
            THEN (SELECT c.relpersistence OPERATOR(pg_catalog.=) 't'
                    FROM pg_catalog.pg_class c
                   WHERE c.oid OPERATOR(pg_catalog.=) l.relation) END
  FROM pg_catalog.pg_locks l
 WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory'
    OR NOT l.granted
    OR l.locktype OPERATOR(pg_catalog.=) 'transactionid'
       AND (l.pid IS NULL OR l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock')
    OR l.locktype OPERATOR(pg_catalog.=) 'relation'
       AND l.relation OPERATOR(pg_catalog.>=) 16384
       AND l.mode OPERATOR(pg_catalog.<>) 'AccessShareLock'
