-- Returns the functions with name $2 in one of the schemas $1, in the order of the schemas: OID,
-- schema, owner, argument types, names of the input arguments, result type, kind, whether it returns
-- a set, how many arguments have defaults, and the names of the argument types.
SELECT p.oid, n.nspname::pg_catalog.text, p.proowner, p.proargtypes::pg_catalog.oid[],
       CASE WHEN p.proargmodes IS NULL THEN p.proargnames
            ELSE (SELECT pg_catalog.array_agg(a.name ORDER BY a.number)
                    FROM ROWS FROM (pg_catalog.unnest(p.proargnames), pg_catalog.unnest(p.proargmodes))
                         WITH ORDINALITY a(name, mode, number)
                   WHERE a.mode OPERATOR(pg_catalog.<>) ALL ('{o,t}'::pg_catalog."char"[])) END,
       p.prorettype, p.prokind, p.proretset, p.pronargdefaults,
       (SELECT pg_catalog.array_agg(t.typname::pg_catalog.text ORDER BY a.number)
          FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) WITH ORDINALITY a(type, number)
          JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.type)
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
 WHERE n.nspname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.name[])
   AND p.proname OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name
 ORDER BY pg_catalog.array_position($1::pg_catalog.text[], n.nspname::pg_catalog.text), p.oid
