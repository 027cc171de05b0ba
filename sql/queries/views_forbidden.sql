-- Returns the views and materialized views of schemas $1 whose owner lacks SELECT on columns that
-- they depend on, or which lock rows, so that they need UPDATE as well: schema and name, whether it
-- is materialized, its owner, and its query as the server stores it, which says whether it reads
-- them. Skips views that read with the privileges of the role that queries them, and members of
-- extensions.
SELECT n.nspname::pg_catalog.text, v.relname::pg_catalog.text, v.relkind OPERATOR(pg_catalog.=) 'm', v.relowner,
       pg_catalog.pg_get_userbyid(v.relowner)::pg_catalog.text, r.ev_action::pg_catalog.text
  FROM pg_catalog.pg_class v
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) v.relnamespace
  JOIN pg_catalog.pg_rewrite r
    ON r.ev_class OPERATOR(pg_catalog.=) v.oid
   AND r.rulename OPERATOR(pg_catalog.=) '_RETURN'
 WHERE v.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}'::pg_catalog."char"[])
   AND v.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) v.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT COALESCE((
        SELECT o.option_value::pg_catalog.bool
          FROM pg_catalog.pg_options_to_table(v.reloptions) o
         WHERE o.option_name OPERATOR(pg_catalog.=) 'security_invoker'), false)
   AND (r.ev_action::pg_catalog.text OPERATOR(pg_catalog.~~) '%:rowMarks ({%' OR EXISTS (
        SELECT FROM pg_catalog.pg_depend d
         WHERE d.classid OPERATOR(pg_catalog.=) 2618
           AND d.objid OPERATOR(pg_catalog.=) r.oid
           AND d.refclassid OPERATOR(pg_catalog.=) 1259
           AND d.refobjid OPERATOR(pg_catalog.<>) v.oid
           AND NOT COALESCE(CASE WHEN d.refobjsubid OPERATOR(pg_catalog.=) 0
                            THEN pg_catalog.has_table_privilege(v.relowner, d.refobjid, 'SELECT')
                            ELSE pg_catalog.has_column_privilege(v.relowner, d.refobjid, d.refobjsubid::pg_catalog.int2, 'SELECT')
                            END, true)
       ))
 ORDER BY n.nspname, v.relname
