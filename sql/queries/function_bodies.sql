-- Returns the user functions with one of the OIDs $1 or one of the names $2.
--
-- body: that of a BEGIN ATOMIC function, as pg_node_tree prints it
SELECT p.oid, p.proname::pg_catalog.text, p.prosrc, p.prosqlbody::pg_catalog.text, l.lanname::pg_catalog.text
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
 WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
   AND (p.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
     OR p.proname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]))
