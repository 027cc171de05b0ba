-- The sequences that this transaction has drawn from or set: it holds a writer's lock on each to its end.
SELECT c.oid
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation AND c.relkind OPERATOR(pg_catalog.=) 'S'
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.database
 WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
   AND l.locktype OPERATOR(pg_catalog.=) 'relation'
   AND l.mode OPERATOR(pg_catalog.=) 'RowExclusiveLock'
   AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
