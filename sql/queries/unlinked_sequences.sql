-- Returns those of the sequences $1 that do not belong to an extension and are not other sessions'
-- temporary ones.
SELECT c.oid, c.relnamespace, c.relname::pg_catalog.text
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE c.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND c.relkind OPERATOR(pg_catalog.=) 'S'
   AND NOT pg_catalog.pg_is_other_temp_schema(n.oid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 ORDER BY n.nspname, c.relname
