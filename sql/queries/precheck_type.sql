-- Returns the type with name $2 in one of the schemas $1, in the order of the schemas: OID, owner,
-- kind, and the labels of an enum.
SELECT t.oid, t.typowner, t.typtype,
       (SELECT pg_catalog.array_agg(e.enumlabel::pg_catalog.text ORDER BY e.enumsortorder)
          FROM pg_catalog.pg_enum e WHERE e.enumtypid OPERATOR(pg_catalog.=) t.oid)
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
 WHERE n.nspname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.name[])
   AND t.typname OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name
 ORDER BY pg_catalog.array_position($1::pg_catalog.text[], n.nspname::pg_catalog.text)
 LIMIT 1
