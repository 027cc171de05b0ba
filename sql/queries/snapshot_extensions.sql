-- Returns the installed extensions.
SELECT e.extname::pg_catalog.text, e.extversion, n.nspname::pg_catalog.text, e.oid
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace
