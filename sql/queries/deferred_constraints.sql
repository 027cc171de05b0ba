-- The constraints that are initially deferred, and whether all constraints of the same name in the
-- schema are so: SET CONSTRAINTS does not tell them apart.
SELECT n.nspname::text, c.conname::text, pg_catalog.bool_and(c.condeferred)
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.connamespace
GROUP BY 1, 2
HAVING pg_catalog.bool_or(c.condeferred)
ORDER BY 1, 2
