-- Returns the queries of views $1. To print them, the server locks the tables that they read. It is
-- NULL if the view no longer exists.
SELECT c.oid, 'query', pg_catalog.pg_get_viewdef(c.oid), NULL::pg_catalog.text
  FROM pg_catalog.pg_class c
 WHERE c.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
