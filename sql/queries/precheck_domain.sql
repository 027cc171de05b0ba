-- Returns of domain $1 the type below it, as text, and whether it is NOT NULL.
SELECT pg_catalog.format_type(t.typbasetype, t.typtypmod), t.typnotnull
  FROM pg_catalog.pg_type t
 WHERE t.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND t.typtype OPERATOR(pg_catalog.=) 'd'::pg_catalog."char"
