-- The leaves of partitioned table $1 with the column that is called $2 there; attribute numbers differ between leaves.
, tree AS (
    SELECT $1::pg_catalog.oid AS relation
    UNION ALL
    SELECT i.inhrelid
      FROM tree t
      JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.relation
)
SELECT c.oid AS relation, n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name,
       c.relkind::pg_catalog.text AS kind, c.relam, c.relpages, a.attnum AS attribute, u.index
  FROM tree t
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name
  LEFT JOIN usable_index u
    ON u.relation OPERATOR(pg_catalog.=) c.oid AND u.attribute OPERATOR(pg_catalog.=) a.attnum
 WHERE c.relkind OPERATOR(pg_catalog.<>) 'p'
