-- Returns the locks of the cluster that the lock report needs, from one reading of pg_locks.
--
-- kind: 0 = an advisory lock, held or awaited; 1 = a lock on a user's relation stronger than
--       readers take; 2 = the transaction id of a session that has written or of a prepared
--       transaction, whose locks have no process; 3 = a wait for the end of a transaction, which
--       may only have read; 4 = any other wait
--
-- $1 is this database: only its relations can be looked up, to tell whether they are temporary.
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
