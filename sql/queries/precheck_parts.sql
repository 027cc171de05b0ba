-- Returns the names of the policies and rules of relation $1: the kind, and the name.
SELECT 'policy', p.polname::pg_catalog.text
  FROM pg_catalog.pg_policy p WHERE p.polrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
UNION ALL
SELECT 'rule', r.rulename::pg_catalog.text
  FROM pg_catalog.pg_rewrite r WHERE r.ev_class OPERATOR(pg_catalog.=) $1::pg_catalog.oid
