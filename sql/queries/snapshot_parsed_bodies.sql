-- Returns functions $1 whose bodies are parsed statements, with the body. To print it, the server
-- locks the tables that it names.
SELECT p.oid, pg_catalog.pg_get_function_sqlbody(p.oid)
  FROM pg_catalog.pg_proc p
 WHERE p.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND p.prosqlbody IS NOT NULL
