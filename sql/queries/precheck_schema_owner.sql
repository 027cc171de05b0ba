-- Returns the owner of schema $1.
SELECT n.nspowner FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
