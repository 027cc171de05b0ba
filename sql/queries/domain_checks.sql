-- Returns the CHECK constraints of domain $1 and of the domains that it is based on, as
-- pg_node_tree prints them.
WITH RECURSIVE domains AS (
    SELECT $1::pg_catalog.oid AS oid
    UNION ALL
    SELECT t.typbasetype
      FROM domains d
      JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) d.oid
     WHERE t.typtype OPERATOR(pg_catalog.=) 'd'
)
SELECT c.conbin::pg_catalog.text
  FROM domains d
  JOIN pg_catalog.pg_constraint c ON c.contypid OPERATOR(pg_catalog.=) d.oid
 WHERE c.contype OPERATOR(pg_catalog.=) 'c'
