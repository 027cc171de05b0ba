-- Returns the schemas $1 with their owners. A schema that an extension created is left out unless
-- it has relations that do not belong to an extension, or $2 is true.
SELECT n.oid, n.nspname::pg_catalog.text, pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text
  FROM pg_catalog.pg_namespace n
 WHERE n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND ($2::pg_catalog.bool
     OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                     WHERE e.classid OPERATOR(pg_catalog.=) 2615 AND e.objid OPERATOR(pg_catalog.=) n.oid
                       AND e.deptype OPERATOR(pg_catalog.=) 'e')
     OR EXISTS (
            SELECT FROM pg_catalog.pg_class c
             WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid
               AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f,S}'::pg_catalog."char"[])
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                                WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                                  AND e.deptype OPERATOR(pg_catalog.=) 'e')
           ))
