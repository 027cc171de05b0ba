-- Returns partitioned table $1 and its partitions, the table first, each with its column named as
-- column $2: attribute numbers differ between them.
WITH RECURSIVE tree AS (
    SELECT $1::pg_catalog.oid AS relation, 0 AS depth
    UNION ALL
    SELECT i.inhrelid, t.depth OPERATOR(pg_catalog.+) 1
      FROM tree t
      JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.relation
)
SELECT c.oid AS relation, a.attnum AS attribute, c.relkind OPERATOR(pg_catalog.<>) 'p' AS is_leaf
  FROM tree t
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.relation
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name
 ORDER BY t.depth, c.oid
