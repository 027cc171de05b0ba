-- Returns the tables in schemas $1 without a primary key, and how many tables of the same schema
-- have one. Skips members of extensions, partitions and child tables (see children_without_primary_key.sql),
-- and tables $2, which are as their tools create them.
--
-- Each row has the columns that may have been the key: those that a sequence feeds or, if there are
-- none, those named as the key of most other tables; the sequence that such a column owns and draws
-- from; whether the table looks empty; whether another key is unique and never null; and the valid
-- unique indexes on that one column that belong to no constraint.
WITH tables AS MATERIALIZED (
SELECT c.oid, c.relname, c.relkind, n.oid AS schema, n.nspname, p.indexrelid IS NOT NULL AS has_key, a.attname AS key,
       c.relpages OPERATOR(pg_catalog.=) 0 AND pg_catalog.pg_stat_get_live_tuples(c.oid) OPERATOR(pg_catalog.=) 0 AS is_empty
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN pg_catalog.pg_index p ON p.indrelid OPERATOR(pg_catalog.=) c.oid AND p.indisprimary
  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) p.indkey[0]
                                     AND p.indnkeyatts OPERATOR(pg_catalog.=) 1
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
   AND c.relpersistence OPERATOR(pg_catalog.=) 'p'
   AND n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
), schemas AS (
SELECT t.schema, pg_catalog.count(*) AS keyed
  FROM tables t
 WHERE t.has_key
 GROUP BY t.schema
), usual AS (
SELECT t.schema, t.key
  FROM tables t
  JOIN schemas s ON s.schema OPERATOR(pg_catalog.=) t.schema
 WHERE t.key IS NOT NULL
 GROUP BY t.schema, t.key, s.keyed
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.*) 2 OPERATOR(pg_catalog.>) s.keyed
)
SELECT t.nspname::pg_catalog.text, t.relname::pg_catalog.text, t.relkind OPERATOR(pg_catalog.=) 'p', s.keyed,
       k.columns, k.fed, k.name::pg_catalog.text, k.is_not_null, k.own, t.is_empty,
       EXISTS (
        SELECT FROM pg_catalog.pg_index u
         WHERE u.indrelid OPERATOR(pg_catalog.=) t.oid AND u.indisunique AND u.indisvalid AND u.indpred IS NULL
           AND NOT EXISTS (SELECT FROM pg_catalog.generate_series(0, u.indnkeyatts::pg_catalog.int4 OPERATOR(pg_catalog.-) 1) g
                             LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.oid AND a.attnum OPERATOR(pg_catalog.=) u.indkey[g]
                                                                AND a.attnotnull
                            WHERE a.attnum IS NULL)),
       ARRAY(
        SELECT x.relname::pg_catalog.text
          FROM pg_catalog.pg_index u
          JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) u.indexrelid
          JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.oid AND a.attnum OPERATOR(pg_catalog.=) u.indkey[0]
         WHERE u.indrelid OPERATOR(pg_catalog.=) t.oid AND u.indisunique AND u.indisvalid AND u.indimmediate AND u.indpred IS NULL
           AND u.indnatts OPERATOR(pg_catalog.=) 1 AND a.attname::pg_catalog.text OPERATOR(pg_catalog.=) k.name
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conindid OPERATOR(pg_catalog.=) u.indexrelid)
         ORDER BY x.relname)
  FROM tables t
  JOIN schemas s ON s.schema OPERATOR(pg_catalog.=) t.schema
 CROSS JOIN LATERAL (
        SELECT pg_catalog.count(*) AS columns, pg_catalog.count(*) FILTER (WHERE c.is_fed) AS fed,
               -- These three are used only if there is one such column.
               pg_catalog.min(c.attname::pg_catalog.text) AS name, pg_catalog.bool_and(c.attnotnull) AS is_not_null,
               pg_catalog.min(c.own) AS own
          FROM (SELECT a.attname, a.attnotnull, f.is_fed, pg_catalog.bool_or(f.is_fed) OVER () AS is_any_fed,
                       (SELECT pg_catalog.min(e.oid) FROM pg_catalog.pg_depend q
                          JOIN pg_catalog.pg_class e ON e.oid OPERATOR(pg_catalog.=) q.objid AND e.relkind OPERATOR(pg_catalog.=) 'S'
                         WHERE f.is_fed AND q.classid OPERATOR(pg_catalog.=) 1259 AND q.refclassid OPERATOR(pg_catalog.=) 1259
                           AND q.refobjid OPERATOR(pg_catalog.=) a.attrelid AND q.refobjsubid OPERATOR(pg_catalog.=) a.attnum
                           AND q.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])) AS own
                  FROM pg_catalog.pg_attribute a
                 CROSS JOIN LATERAL (
                        SELECT a.attidentity OPERATOR(pg_catalog.<>) ''
                            OR EXISTS (SELECT FROM pg_catalog.pg_attrdef d
                                        WHERE d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
                                          AND d.adbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %') AS is_fed
                       ) f
                 WHERE a.attrelid OPERATOR(pg_catalog.=) t.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
                   AND (f.is_fed OR EXISTS (SELECT FROM usual u WHERE u.schema OPERATOR(pg_catalog.=) t.schema AND u.key OPERATOR(pg_catalog.=) a.attname))
               ) c
         WHERE c.is_fed OR NOT c.is_any_fed
       ) k
 WHERE NOT t.has_key
   AND NOT t.oid OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.oid[])
 ORDER BY t.nspname, t.relname
