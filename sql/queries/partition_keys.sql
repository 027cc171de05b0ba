-- Returns the names of the partition key columns of table $1 and of its partitions that are
-- partitioned themselves, each once, and whether one of the keys has an expression.
WITH RECURSIVE tree AS (
        SELECT $1::pg_catalog.oid AS oid
         UNION ALL
        SELECT i.inhrelid
          FROM tree t
          JOIN pg_catalog.pg_partitioned_table p ON p.partrelid OPERATOR(pg_catalog.=) t.oid
          JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.oid
)
SELECT (SELECT pg_catalog.array_agg(DISTINCT a.attname::pg_catalog.text)
          FROM tree t
          JOIN pg_catalog.pg_partitioned_table p ON p.partrelid OPERATOR(pg_catalog.=) t.oid
         CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::pg_catalog.int2[]) u (number)
          JOIN pg_catalog.pg_attribute a
            ON a.attrelid OPERATOR(pg_catalog.=) p.partrelid
           AND a.attnum OPERATOR(pg_catalog.=) u.number),
       EXISTS (SELECT FROM tree t
                 JOIN pg_catalog.pg_partitioned_table p ON p.partrelid OPERATOR(pg_catalog.=) t.oid
                WHERE p.partexprs IS NOT NULL)
