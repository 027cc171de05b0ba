-- The leaves of partitioned table $1 with the column that is called $2 there; attribute numbers differ between leaves.
WITH RECURSIVE tree AS (
    SELECT $1::pg_catalog.oid AS relation
    UNION ALL
    SELECT i.inhrelid
      FROM tree t
      JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.relation
)
SELECT c.oid AS relation, a.attnum AS attribute
  FROM tree t
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.relation
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name
 WHERE c.relkind OPERATOR(pg_catalog.<>) 'p'
