-- Returns the CHECK constraints of domain $1: name, whether the rows were checked, and condition.
SELECT k.conname::pg_catalog.text, k.convalidated, pg_catalog.pg_get_expr(k.conbin, 0::pg_catalog.oid)
  FROM pg_catalog.pg_constraint k
 WHERE k.contypid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND k.contype OPERATOR(pg_catalog.=) 'c'::pg_catalog."char"
