-- Returns the sequences on which this transaction holds a lock of mode $1. It holds
-- RowExclusiveLock, to its end, on each sequence that it has drawn from or set, and
-- AccessExclusiveLock on each that TRUNCATE has restarted.
SELECT c.oid
  FROM pg_catalog.pg_locks l
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation AND c.relkind OPERATOR(pg_catalog.=) 'S'
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.database
 WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
   AND l.locktype OPERATOR(pg_catalog.=) 'relation'
   AND l.mode OPERATOR(pg_catalog.=) $1::pg_catalog.text
   AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
