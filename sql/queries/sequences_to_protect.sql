-- The sequences that a script can move: all except temporary ones of other sessions.
SELECT c.oid
FROM pg_catalog.pg_class AS c
WHERE c.relkind OPERATOR(pg_catalog.=) 'S'
  AND NOT pg_catalog.pg_is_other_temp_schema(c.relnamespace)
ORDER BY c.oid
