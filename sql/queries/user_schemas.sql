-- Returns the schemas that are not the system's. No other query decides this: the others take
-- schemas as an array.
SELECT n.oid, n.nspname::pg_catalog.text
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_'
   AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
