-- Returns what makes table $1 unfit for a foreign key, its size and its owner. The pages and rows
-- of a partitioned table are those of its partitions.
WITH RECURSIVE tree AS (
        SELECT $1::pg_catalog.oid AS oid
         UNION ALL
        SELECT i.inhrelid
          FROM tree t
          JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) t.oid AND p.relkind OPERATOR(pg_catalog.=) 'p'
          JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.oid
)
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relkind, c.relpersistence, c.relispartition,
       pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
       pg_catalog.pg_has_role(c.relowner, 'USAGE'),
       pg_catalog.pg_is_other_temp_schema(n.oid),
       size.bytes, size.rows,
       -- The partitions that store rows.
       size.leaf_schemas, size.leaf_names, size.has_foreign_leaf
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 CROSS JOIN LATERAL (
        -- pg_relation_size() would wait for a session that has locked the table.
        SELECT pg_catalog.sum(l.relpages::pg_catalog.int8)::pg_catalog.int8
                 OPERATOR(pg_catalog.*) pg_catalog.current_setting('block_size')::pg_catalog.int8 AS bytes,
               -- NULL if one of them was never analyzed.
               CASE WHEN pg_catalog.bool_and(l.reltuples OPERATOR(pg_catalog.>=) 0)
                    THEN pg_catalog.sum(l.reltuples::pg_catalog.float8)::pg_catalog.int8 END AS rows,
               pg_catalog.bool_or(l.relkind OPERATOR(pg_catalog.=) 'f') AS has_foreign_leaf,
               pg_catalog.array_agg(ln.nspname::pg_catalog.text ORDER BY ln.nspname, l.relname) AS leaf_schemas,
               pg_catalog.array_agg(l.relname::pg_catalog.text ORDER BY ln.nspname, l.relname) AS leaf_names
          FROM tree t
          JOIN pg_catalog.pg_class l ON l.oid OPERATOR(pg_catalog.=) t.oid AND l.relkind OPERATOR(pg_catalog.<>) 'p'
          JOIN pg_catalog.pg_namespace ln ON ln.oid OPERATOR(pg_catalog.=) l.relnamespace
       ) size
 WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
