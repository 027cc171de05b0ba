-- Returns the partitions and child tables in schemas $1 without a primary key whose siblings have
-- one on the same columns: at least two of them, and more than have none. Skips members of
-- extensions, and partitions of a table that has a primary key itself: the partition's is then part
-- of that index.
--
-- The last column has the valid unique indexes on these columns that belong to no constraint.
WITH children AS MATERIALIZED (
SELECT i.inhparent AS parent, c.oid, c.relname, n.nspname, n.oid AS schema, c.relkind, c.relispartition, p.indexrelid IS NOT NULL AS has_key, k.columns
  FROM pg_catalog.pg_inherits i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN pg_catalog.pg_index p ON p.indrelid OPERATOR(pg_catalog.=) c.oid AND p.indisprimary
 CROSS JOIN LATERAL (
        SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(p.indexrelid, g, false), ', ' ORDER BY g) AS columns
          FROM pg_catalog.generate_series(1, p.indnkeyatts::pg_catalog.int4) g
       ) k
 WHERE i.inhseqno OPERATOR(pg_catalog.=) 1
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
   AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
   AND NOT (c.relispartition
            AND EXISTS (SELECT FROM pg_catalog.pg_index o WHERE o.indrelid OPERATOR(pg_catalog.=) i.inhparent AND o.indisprimary))
), parents AS (
SELECT c.parent, pg_catalog.count(*) FILTER (WHERE c.has_key) AS keyed, pg_catalog.min(c.columns) AS columns
  FROM children c
 GROUP BY c.parent
HAVING pg_catalog.count(*) FILTER (WHERE c.has_key) OPERATOR(pg_catalog.>=) 2
   AND pg_catalog.count(*) FILTER (WHERE c.has_key) OPERATOR(pg_catalog.>) pg_catalog.count(*) FILTER (WHERE NOT c.has_key)
   AND pg_catalog.min(c.columns) OPERATOR(pg_catalog.=) pg_catalog.max(c.columns)
)
SELECT c.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relkind OPERATOR(pg_catalog.=) 'p', p.keyed,
       pn.nspname::pg_catalog.text, pc.relname::pg_catalog.text, p.columns,
       c.relispartition, ARRAY(
        SELECT x.relname::pg_catalog.text
          FROM pg_catalog.pg_index u
          JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) u.indexrelid
         WHERE u.indrelid OPERATOR(pg_catalog.=) c.oid AND u.indisunique AND u.indisvalid AND u.indimmediate AND u.indpred IS NULL
           AND u.indnatts OPERATOR(pg_catalog.=) u.indnkeyatts AND u.indexprs IS NULL
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) u.indexrelid)
           AND (SELECT pg_catalog.string_agg(pg_catalog.pg_get_indexdef(u.indexrelid, g, false), ', ' ORDER BY g)
                  FROM pg_catalog.generate_series(1, u.indnkeyatts::pg_catalog.int4) g) OPERATOR(pg_catalog.=) p.columns
         ORDER BY x.relname)
  FROM children c
  JOIN parents p ON p.parent OPERATOR(pg_catalog.=) c.parent
  JOIN pg_catalog.pg_class pc ON pc.oid OPERATOR(pg_catalog.=) p.parent
  JOIN pg_catalog.pg_namespace pn ON pn.oid OPERATOR(pg_catalog.=) pc.relnamespace
 WHERE NOT c.has_key
   AND c.schema OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 ORDER BY c.nspname, c.relname
