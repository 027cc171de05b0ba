-- Returns the tables in schemas $1 that no publication has, or that no subscription writes to,
-- although one has most tables of the schema or a table that refers to this one: schema and name,
-- whether the table is unlogged, the publication or subscription, and the schema and name of the
-- table that refers to it, if any. $2 has the tables that publications or subscriptions have, and $3
-- the name of one for each. Skips partitions, whose root counts, and members of extensions.
WITH member AS (
SELECT u.relation, u.name
  FROM ROWS FROM (pg_catalog.unnest($2::pg_catalog.oid[]), pg_catalog.unnest($3::pg_catalog.text[])) AS u (relation, name)
), tables AS (
SELECT c.oid AS relation, c.relnamespace AS schema, c.relname, c.relpersistence OPERATOR(pg_catalog.=) 'u' AS unlogged,
       EXISTS (SELECT FROM member a WHERE a.relation OPERATOR(pg_catalog.=) c.oid) AS is_member
  FROM pg_catalog.pg_class c
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[]) AND NOT c.relispartition
   AND c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
), shares AS (
SELECT t.schema, pg_catalog.count(*) FILTER (WHERE t.is_member) OPERATOR(pg_catalog.>) pg_catalog.count(*) FILTER (WHERE NOT t.is_member) AS is_most
  FROM tables t
 GROUP BY t.schema
)
SELECT n.nspname::pg_catalog.text, t.relname::pg_catalog.text, t.unlogged,
       COALESCE(k.source, m.source), k.schema::pg_catalog.text, k.name::pg_catalog.text
  FROM tables t
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.schema
  JOIN shares s ON s.schema OPERATOR(pg_catalog.=) t.schema
  LEFT JOIN LATERAL (
       SELECT a.name AS source, cn.nspname AS schema, c.relname AS name
         FROM pg_catalog.pg_constraint f
         JOIN member a ON a.relation OPERATOR(pg_catalog.=) f.conrelid
         JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) f.conrelid
         JOIN pg_catalog.pg_namespace cn ON cn.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE f.contype OPERATOR(pg_catalog.=) 'f' AND f.confrelid OPERATOR(pg_catalog.=) t.relation
        ORDER BY cn.nspname, c.relname, a.name COLLATE pg_catalog."C"
        LIMIT 1) k ON true
  LEFT JOIN LATERAL (
       SELECT a.name AS source
         FROM member a
         JOIN tables o ON o.relation OPERATOR(pg_catalog.=) a.relation
        WHERE o.schema OPERATOR(pg_catalog.=) t.schema AND s.is_most
        GROUP BY a.name
        ORDER BY pg_catalog.count(*) DESC, a.name COLLATE pg_catalog."C"
        LIMIT 1) m ON true
 WHERE NOT t.is_member AND (k.source IS NOT NULL OR m.source IS NOT NULL)
 ORDER BY n.nspname, t.relname
