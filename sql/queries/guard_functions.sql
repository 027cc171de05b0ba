-- Returns the guard's trigger function, its event trigger function and their schema. The trigger
-- function is a member of the extension, not only a function with that name.
SELECT note.oid, ddl.oid, n.oid
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
  JOIN pg_catalog.pg_proc note ON note.pronamespace OPERATOR(pg_catalog.=) n.oid AND note.pronargs OPERATOR(pg_catalog.=) 0
                              AND note.proname OPERATOR(pg_catalog.=) '_seq_guard_note'
  JOIN pg_catalog.pg_proc ddl ON ddl.pronamespace OPERATOR(pg_catalog.=) n.oid AND ddl.pronargs OPERATOR(pg_catalog.=) 0
                             AND ddl.proname OPERATOR(pg_catalog.=) '_seq_guard_on_ddl'
  JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 1255 AND d.objid OPERATOR(pg_catalog.=) note.oid
                             AND d.refclassid OPERATOR(pg_catalog.=) 3079 AND d.refobjid OPERATOR(pg_catalog.=) e.oid
                             AND d.deptype OPERATOR(pg_catalog.=) 'e'
 WHERE e.extname OPERATOR(pg_catalog.=) 'pg_flightcheck'
