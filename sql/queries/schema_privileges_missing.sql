-- Returns the schemas $1 that roles may not use although they own tables, views, sequences or
-- functions in them, or something was granted on such an object to them; one row for each schema.
--
-- A role without LOGIN is left out if it has no member that can log in, or if one may use the
-- schema by another role. Skips members of extensions, grants to PUBLIC and superusers.
WITH object AS (
SELECT c.relnamespace AS schema, c.relowner AS owner, c.relacl AS acl
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f,S}'::pg_catalog."char"[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 UNION
SELECT p.pronamespace, p.proowner, p.proacl
  FROM pg_catalog.pg_proc p
 WHERE p.pronamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1255 AND e.objid OPERATOR(pg_catalog.=) p.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
), holder AS (
SELECT o.schema, o.owner AS role
  FROM object o
 UNION
SELECT o.schema, e.grantee
  FROM object o
 CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) e
 WHERE e.grantee OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
)
SELECT n.nspname::pg_catalog.text, pg_catalog.array_agg(r.rolname::pg_catalog.text ORDER BY r.rolname)
  FROM holder h
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) h.schema
  JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) h.role
 WHERE NOT r.rolsuper
   AND NOT pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
   AND (r.rolcanlogin
     OR (SELECT pg_catalog.bool_and(NOT pg_catalog.has_schema_privilege(m.oid, n.oid, 'USAGE'))
           FROM pg_catalog.pg_roles m
          WHERE m.rolcanlogin
            AND NOT m.rolsuper
            AND pg_catalog.pg_has_role(m.oid, r.oid, 'MEMBER')))
 GROUP BY n.nspname
 ORDER BY n.nspname
