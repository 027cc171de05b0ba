-- Returns the views and materialized views of schemas $1 whose owner lacks SELECT on columns that
-- they read: schema and name, whether it is materialized, its owner, and the schemas and names of
-- the tables. Skips views that read with the privileges of the role that queries them, and members
-- of extensions.
SELECT n.nspname::pg_catalog.text, v.relname::pg_catalog.text, v.relkind OPERATOR(pg_catalog.=) 'm', pg_catalog.pg_get_userbyid(v.relowner)::pg_catalog.text,
       pg_catalog.array_agg(t.schema ORDER BY t.schema, t.name), pg_catalog.array_agg(t.name ORDER BY t.schema, t.name)
  FROM pg_catalog.pg_class v
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) v.relnamespace
  JOIN pg_catalog.pg_rewrite r
    ON r.ev_class OPERATOR(pg_catalog.=) v.oid
   AND r.rulename OPERATOR(pg_catalog.=) '_RETURN'
 CROSS JOIN LATERAL (
        SELECT DISTINCT tn.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.refobjid
          JOIN pg_catalog.pg_namespace tn ON tn.oid OPERATOR(pg_catalog.=) c.relnamespace
         WHERE d.classid OPERATOR(pg_catalog.=) 2618
           AND d.objid OPERATOR(pg_catalog.=) r.oid
           AND d.refclassid OPERATOR(pg_catalog.=) 1259
           AND d.refobjid OPERATOR(pg_catalog.<>) v.oid
           AND d.refobjsubid OPERATOR(pg_catalog.>) 0
           AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
           AND NOT COALESCE(pg_catalog.has_column_privilege(v.relowner, c.oid, d.refobjsubid::pg_catalog.int2, 'SELECT'), true)
       ) t
 WHERE v.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}'::pg_catalog."char"[])
   AND v.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) v.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT COALESCE((
        SELECT o.option_value::pg_catalog.bool
          FROM pg_catalog.pg_options_to_table(v.reloptions) o
         WHERE o.option_name OPERATOR(pg_catalog.=) 'security_invoker'), false)
 GROUP BY n.nspname, v.relname, v.relkind, v.relowner
 ORDER BY n.nspname, v.relname
