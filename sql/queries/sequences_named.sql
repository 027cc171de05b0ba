-- Returns the sequences with the name $1.
SELECT c.oid, c.relnamespace
  FROM pg_catalog.pg_class c
 WHERE c.relname OPERATOR(pg_catalog.=) $1::pg_catalog.name
   AND c.relkind OPERATOR(pg_catalog.=) 'S'
 ORDER BY c.relnamespace
