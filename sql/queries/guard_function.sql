-- The guard's trigger function and its event trigger's, with their schema.
SELECT note.oid, ddl.oid, n.nspname::pg_catalog.text
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
  JOIN pg_catalog.pg_proc note ON note.pronamespace OPERATOR(pg_catalog.=) n.oid
                              AND note.proname OPERATOR(pg_catalog.=) 'seq_guard_note'
  JOIN pg_catalog.pg_proc ddl ON ddl.pronamespace OPERATOR(pg_catalog.=) n.oid
                             AND ddl.proname OPERATOR(pg_catalog.=) 'seq_guard_on_ddl'
 WHERE e.extname OPERATOR(pg_catalog.=) 'pg_flightcheck'
