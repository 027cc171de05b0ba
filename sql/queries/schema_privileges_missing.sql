-- Returns the schemas $1 that roles may not use although they own tables or views in them, or
-- something was granted on one to them; one row for each schema.
--
-- Functions and sequences do not count, since defaults, policies and views use them without the
-- schema; nor do tables that a view of the same role in another schema reads, nor partitions whose
-- topmost parent is in a schema that the role may use. A role without LOGIN is left out if it has
-- no member that can log in, or if one may use the schema by another role. Skips members of
-- extensions, grants to PUBLIC and superusers.
WITH object AS (
SELECT c.oid, c.relnamespace AS schema, c.relowner AS owner, c.relacl AS acl
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
), holder AS (
SELECT o.schema, o.owner AS role, o.oid AS relation
  FROM object o
 UNION
SELECT o.schema, e.grantee, o.oid
  FROM object o
 CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) e
 WHERE e.grantee OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
), forbidden AS MATERIALIZED (
SELECT h.schema, h.role
  FROM (SELECT DISTINCT x.schema, x.role FROM holder x) h
  JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) h.role
 WHERE NOT r.rolsuper
   AND NOT COALESCE(pg_catalog.has_schema_privilege(r.oid, h.schema, 'USAGE'), true)
   AND (r.rolcanlogin
     OR (SELECT pg_catalog.bool_and(NOT pg_catalog.has_schema_privilege(m.oid, h.schema, 'USAGE'))
           FROM pg_catalog.pg_roles m
          WHERE m.rolcanlogin
            AND NOT m.rolsuper
            AND pg_catalog.pg_has_role(m.oid, r.oid, 'MEMBER')))
)
SELECT n.nspname::pg_catalog.text, pg_catalog.array_agg(r.rolname::pg_catalog.text ORDER BY r.rolname)
  FROM forbidden f
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) f.schema
  JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) f.role
 WHERE EXISTS (
        SELECT FROM holder h
         WHERE h.schema OPERATOR(pg_catalog.=) f.schema
           AND h.role OPERATOR(pg_catalog.=) f.role
           AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_depend d
                  JOIN pg_catalog.pg_rewrite w ON w.oid OPERATOR(pg_catalog.=) d.objid
                  JOIN pg_catalog.pg_class v ON v.oid OPERATOR(pg_catalog.=) w.ev_class
                 WHERE d.classid OPERATOR(pg_catalog.=) 2618
                   AND d.refclassid OPERATOR(pg_catalog.=) 1259
                   AND d.refobjid OPERATOR(pg_catalog.=) h.relation
                   AND v.relowner OPERATOR(pg_catalog.=) h.role
                   AND v.relnamespace OPERATOR(pg_catalog.<>) h.schema
               )
           AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_class t
                 WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.pg_partition_root(h.relation)
                   AND t.oid OPERATOR(pg_catalog.<>) h.relation
                   AND pg_catalog.has_schema_privilege(f.role, t.relnamespace, 'USAGE')
               )
       )
 GROUP BY n.nspname
 ORDER BY n.nspname
