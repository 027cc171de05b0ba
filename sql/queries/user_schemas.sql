-- The schemas that are not the system's. This is the only query that knows how to tell them.
SELECT n.oid, n.nspname::pg_catalog.text
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_'
   AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
