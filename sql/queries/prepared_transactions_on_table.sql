-- Returns the prepared transactions that hold a lock on table $2 of database $1.
SELECT DISTINCT g.gid
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_locks x
    ON x.virtualtransaction OPERATOR(pg_catalog.=) l.virtualtransaction
   AND x.pid IS NULL
   AND x.locktype OPERATOR(pg_catalog.=) 'transactionid'
  JOIN pg_catalog.pg_prepared_xacts g ON g.transaction OPERATOR(pg_catalog.=) x.transactionid
 WHERE l.pid IS NULL
   AND l.locktype OPERATOR(pg_catalog.=) 'relation'
   AND l.database OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND l.relation OPERATOR(pg_catalog.=) $2::pg_catalog.oid
 ORDER BY g.gid
