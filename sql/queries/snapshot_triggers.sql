-- Returns the triggers of tables $1, except those that enforce constraints, those that a partition
-- has from its parent, and this extension's guard triggers. The definition is NULL if the trigger
-- no longer exists.
SELECT t.tgrelid, t.tgname::pg_catalog.text, t.tgenabled, pg_catalog.pg_get_triggerdef(t.oid), t.oid
  FROM pg_catalog.pg_trigger t
 WHERE t.tgrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT t.tgisinternal
   AND t.tgparentid OPERATOR(pg_catalog.=) 0
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_extension e
            ON d.refclassid OPERATOR(pg_catalog.=) 3079
           AND d.refobjid OPERATOR(pg_catalog.=) e.oid
         WHERE d.classid OPERATOR(pg_catalog.=) 1255
           AND d.objid OPERATOR(pg_catalog.=) t.tgfoid
           AND d.deptype OPERATOR(pg_catalog.=) 'e'
           AND e.extname OPERATOR(pg_catalog.=) 'pg_flightcheck'
       )
