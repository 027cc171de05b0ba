-- Returns the transactions that hold a lock on one of the tables $1 of database $2 in a mode that
-- writers acquire, and their processes. A prepared transaction has no process.
SELECT DISTINCT l.virtualtransaction, l.pid
  FROM pg_catalog.pg_locks l
 WHERE l.locktype OPERATOR(pg_catalog.=) 'relation'
   AND l.database OPERATOR(pg_catalog.=) $2::pg_catalog.oid
   AND l.relation OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND l.granted
   AND l.mode OPERATOR(pg_catalog.=)
       ANY ('{RowExclusiveLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::pg_catalog.text[])
