-- Returns the tables in schemas $1 that no publication has, where one seems to be meant for them:
-- schema and name, whether the table is unlogged, a publication, and the schema and name of a
-- published table that refers to the table; these two are null if most tables of its schema are in the
-- publication instead. Skips partitions, whose root counts, and members of extensions.
WITH RECURSIVE published AS (
SELECT p.pubname, p.puballtables, c.oid AS relation
  FROM pg_catalog.pg_publication p
  JOIN pg_catalog.pg_publication_tables t ON t.pubname OPERATOR(pg_catalog.=) p.pubname
  JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) t.schemaname
  JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
                            AND c.relname OPERATOR(pg_catalog.=) t.tablename
), above AS (
SELECT p.relation, p.pubname, p.puballtables FROM published p
 UNION
SELECT i.inhparent, a.pubname, a.puballtables
  FROM above a
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.relation AND c.relispartition
  JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) a.relation
), tables AS (
SELECT c.oid AS relation, c.relnamespace AS schema, c.relname, c.relpersistence OPERATOR(pg_catalog.=) 'u' AS unlogged,
       EXISTS (SELECT FROM above a WHERE a.relation OPERATOR(pg_catalog.=) c.oid) AS is_published
  FROM pg_catalog.pg_class c
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[]) AND NOT c.relispartition
   AND c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
), shares AS (
SELECT t.schema, pg_catalog.count(*) FILTER (WHERE t.is_published) OPERATOR(pg_catalog.>) pg_catalog.count(*) FILTER (WHERE NOT t.is_published) AS is_most
  FROM tables t
 GROUP BY t.schema
)
SELECT n.nspname::pg_catalog.text, t.relname::pg_catalog.text, t.unlogged,
       COALESCE(k.pubname, m.pubname)::pg_catalog.text, k.schema::pg_catalog.text, k.name::pg_catalog.text
  FROM tables t
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.schema
  JOIN shares s ON s.schema OPERATOR(pg_catalog.=) t.schema
  LEFT JOIN LATERAL (
       SELECT a.pubname, cn.nspname AS schema, c.relname AS name
         FROM pg_catalog.pg_constraint f
         JOIN above a ON a.relation OPERATOR(pg_catalog.=) f.conrelid
         JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) f.conrelid
         JOIN pg_catalog.pg_namespace cn ON cn.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE f.contype OPERATOR(pg_catalog.=) 'f' AND f.confrelid OPERATOR(pg_catalog.=) t.relation
        ORDER BY cn.nspname, c.relname, a.pubname
        LIMIT 1) k ON true
  LEFT JOIN LATERAL (
       SELECT a.pubname
         FROM above a
         JOIN tables o ON o.relation OPERATOR(pg_catalog.=) a.relation
        WHERE o.schema OPERATOR(pg_catalog.=) t.schema AND s.is_most
        GROUP BY a.pubname
        ORDER BY pg_catalog.count(*) DESC, a.pubname
        LIMIT 1) m ON true
 WHERE NOT t.is_published AND (k.pubname IS NOT NULL OR m.pubname IS NOT NULL)
 ORDER BY n.nspname, t.relname
