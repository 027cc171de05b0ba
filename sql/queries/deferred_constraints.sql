-- The names of the constraints that are initially deferred.
SELECT DISTINCT n.nspname::text, c.conname::text
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.connamespace
WHERE c.condeferred
ORDER BY 1, 2
