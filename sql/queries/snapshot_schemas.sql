-- Every schema but the system's and those that extensions made and nobody else uses; or, unless $1 is NULL, that one if it is not
-- the system's.
SELECT n.oid, n.nspname::pg_catalog.text, pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text
  FROM pg_catalog.pg_namespace n
 WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_'
   AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'
   AND ($1::pg_catalog.oid IS NULL OR n.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
   AND ($1::pg_catalog.oid IS NOT NULL
     OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
             WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
               AND d.objid OPERATOR(pg_catalog.=) n.oid
               AND d.deptype OPERATOR(pg_catalog.=) 'e'
           )
     OR EXISTS (
            SELECT FROM pg_catalog.pg_class c
             WHERE c.relnamespace OPERATOR(pg_catalog.=) n.oid
               AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f,S}'::pg_catalog."char"[])
               AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_depend d
                     WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                       AND d.objid OPERATOR(pg_catalog.=) c.oid
                       AND d.objsubid OPERATOR(pg_catalog.=) 0
                       AND d.deptype OPERATOR(pg_catalog.=) 'e'
                   )
           ))
