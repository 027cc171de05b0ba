-- Returns other sessions' locks on relation $2 of database $1 in one of the modes $3, held before
-- awaited and strongest first (as $3 lists them): the mode, whether it is held, and the process; 0
-- is a prepared transaction.
SELECT l.mode, l.granted, COALESCE(l.pid, 0)
  FROM pg_catalog.pg_locks l
 WHERE l.locktype OPERATOR(pg_catalog.=) 'relation'
   AND l.database OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND l.relation OPERATOR(pg_catalog.=) $2::pg_catalog.oid
   AND (l.pid IS NULL OR l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())
   AND l.mode OPERATOR(pg_catalog.=) ANY ($3::pg_catalog.text[])
 ORDER BY l.granted DESC, pg_catalog.array_position($3::pg_catalog.text[], l.mode), l.waitstart, l.pid
 LIMIT 1
