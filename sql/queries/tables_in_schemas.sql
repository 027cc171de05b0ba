-- Returns OID, schema and name of the tables in schemas $1, as arrays. Skips partitions and members
-- of extensions.
SELECT pg_catalog.array_agg(c.oid), pg_catalog.array_agg(c.relnamespace), pg_catalog.array_agg(c.relname::pg_catalog.text)
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
   AND NOT c.relispartition
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
