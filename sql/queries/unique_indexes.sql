-- Table $1 and all its partitions, each with its unique indexes on column $2 alone, by the names that a duplicate-key error
-- gives, or with NULL.
WITH RECURSIVE tree AS (
    SELECT $1::pg_catalog.oid AS relation
    UNION ALL
    SELECT i.inhrelid
      FROM tree t
      JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.relation
      JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) i.inhparent AND p.relkind OPERATOR(pg_catalog.=) 'p'
)
SELECT c.oid, x.oid, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, x.relname::pg_catalog.text
  FROM tree t
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN (pg_catalog.pg_index i
       JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid
                                     AND a.attnum OPERATOR(pg_catalog.=) i.indkey[0]
                                     AND a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name
       JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid)
    ON i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisunique AND i.indnkeyatts OPERATOR(pg_catalog.=) 1
   AND c.relkind OPERATOR(pg_catalog.=) 'r'
