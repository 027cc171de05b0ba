-- Returns the NOT NULL columns of tables in schemas $1 that have no default but own a sequence that
-- no default uses, or for which a sequence of the name that serial would choose exists. Skips
-- members of extensions, and columns that a trigger or a rule may fill.
--
-- is_owned: the column owns the sequence
-- is_lost: at least twice as many columns of the schema draw from a sequence as have one and do
--       not, and nothing suggests that an application draws from this one: an increment other than
--       1 is that of a block allocator, and serial creates a sequence of the column's type
WITH idle AS MATERIALIZED (
SELECT q.seqrelid AS sequence, c.relnamespace, c.relname::pg_catalog.text AS name, q.seqtypid, q.seqincrement, o.refobjid AS relation,
       o.refobjsubid AS attribute
  FROM pg_catalog.pg_sequence q
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) q.seqrelid
  LEFT JOIN pg_catalog.pg_depend o ON o.classid OPERATOR(pg_catalog.=) 1259 AND o.objid OPERATOR(pg_catalog.=) q.seqrelid
                                  AND o.refclassid OPERATOR(pg_catalog.=) 1259 AND o.refobjsubid OPERATOR(pg_catalog.>) 0
                                  AND o.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
 WHERE (o.deptype IS NULL OR o.deptype OPERATOR(pg_catalog.=) 'a')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend u
                    WHERE u.refclassid OPERATOR(pg_catalog.=) 1259 AND u.refobjid OPERATOR(pg_catalog.=) q.seqrelid
                      AND u.deptype OPERATOR(pg_catalog.=) 'n')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) q.seqrelid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
), bare AS MATERIALIZED (
-- NOT NULL columns without a default, with the name that serial would give their sequence.
SELECT c.oid AS relation, a.attnum AS attribute, a.atttypid, c.relnamespace,
       pg_catalog.concat(c.relname, '_', a.attname, '_seq') AS sequence_name
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
 WHERE EXISTS (SELECT FROM idle i WHERE i.relation IS NULL)
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[]) AND NOT c.relispartition
   AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef
), paired AS MATERIALIZED (
SELECT i.sequence, i.seqincrement, i.name, true AS is_owned, i.relation, i.attribute
  FROM idle i
 WHERE i.relation IS NOT NULL
UNION ALL
SELECT i.sequence, i.seqincrement, i.name, false, b.relation, b.attribute
  FROM idle i
  JOIN bare b ON b.sequence_name OPERATOR(pg_catalog.=) i.name AND b.relnamespace OPERATOR(pg_catalog.=) i.relnamespace
             AND b.atttypid OPERATOR(pg_catalog.=) i.seqtypid
 WHERE i.relation IS NULL
), candidates AS MATERIALIZED (
SELECT b.*, c.relname, c.relnamespace, c.relkind, c.relispartition, a.attname
  FROM paired b
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) b.relation
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) b.relation AND a.attnum OPERATOR(pg_catalog.=) b.attribute
  JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid
 WHERE a.attnotnull AND NOT a.atthasdef AND a.attidentity OPERATOR(pg_catalog.=) ''
   AND y.typdefaultbin IS NULL
), fed AS MATERIALIZED (
-- How many columns of each schema draw from a sequence.
SELECT c.relnamespace, pg_catalog.count(*) AS columns
  FROM (SELECT f.adrelid AS relation FROM pg_catalog.pg_attrdef f
         WHERE f.adbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
        UNION ALL
        SELECT o.refobjid FROM pg_catalog.pg_depend o
         WHERE o.classid OPERATOR(pg_catalog.=) 1259 AND o.refclassid OPERATOR(pg_catalog.=) 1259
           AND o.refobjsubid OPERATOR(pg_catalog.>) 0 AND o.deptype OPERATOR(pg_catalog.=) 'i') f
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) f.relation
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[]) AND NOT c.relispartition
   AND EXISTS (SELECT FROM candidates)
 GROUP BY c.relnamespace
), bare_columns AS MATERIALIZED (
SELECT b.relnamespace, pg_catalog.count(*) AS columns FROM candidates b WHERE NOT b.relispartition GROUP BY b.relnamespace
), drawing AS MATERIALIZED (
-- Functions that may draw for an application: from the sequences that they name, or from any if
-- they compute the name.
SELECT s.source, pg_catalog.strpos(pg_catalog.regexp_replace(s.source, E'nextval\\s*\\(\\s*''[^'']*''\\s*(::\\s*(pg_catalog\\s*\\.\\s*)?regclass\\s*)?\\)', '', 'g'), 'nextval')
                 OPERATOR(pg_catalog.>) 0 AS is_any
  FROM pg_catalog.pg_proc p
 CROSS JOIN LATERAL (SELECT pg_catalog.lower(p.prosrc) AS source) s
 WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
   AND pg_catalog.strpos(s.source, 'nextval') OPERATOR(pg_catalog.>) 0
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1255 AND e.objid OPERATOR(pg_catalog.=) p.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND EXISTS (SELECT FROM candidates)
), filling AS MATERIALIZED (
-- Triggers FOR EACH ROW (1) BEFORE (2) INSERT (4) with their function's source, which names the
-- columns that they fill; NULL if they may fill any column.
SELECT t.tgrelid AS relation,
       CASE WHEN l.lanname OPERATOR(pg_catalog.=) 'plpgsql'
             AND pg_catalog.strpos(s.source, 'nextval') OPERATOR(pg_catalog.=) 0
             AND s.source OPERATOR(pg_catalog.!~) E'\\mnew\\s*:?=|\\minto\\s+(strict\\s+)?new\\M'
            THEN s.source END AS source
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
  JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
 CROSS JOIN LATERAL (SELECT pg_catalog.lower(p.prosrc) AS source) s
 WHERE (t.tgtype OPERATOR(pg_catalog.&) 7::pg_catalog.int2) OPERATOR(pg_catalog.=) 7
   AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'
   AND EXISTS (SELECT FROM candidates)
)
SELECT n.nspname::pg_catalog.text, b.relname::pg_catalog.text, b.attname::pg_catalog.text,
       sn.nspname::pg_catalog.text, b.name, b.is_owned, x.is_lost, coalesce(f.columns, 0),
       b.seqincrement
  FROM candidates b
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) b.relnamespace
  JOIN pg_catalog.pg_class sc ON sc.oid OPERATOR(pg_catalog.=) b.sequence
  JOIN pg_catalog.pg_namespace sn ON sn.oid OPERATOR(pg_catalog.=) sc.relnamespace
  LEFT JOIN fed f ON f.relnamespace OPERATOR(pg_catalog.=) b.relnamespace
  LEFT JOIN bare_columns o ON o.relnamespace OPERATOR(pg_catalog.=) b.relnamespace
 CROSS JOIN LATERAL (
        SELECT NOT b.relispartition
               AND pg_catalog.abs(b.seqincrement) OPERATOR(pg_catalog.=) 1
               AND coalesce(f.columns, 0) OPERATOR(pg_catalog.>=) (2 OPERATOR(pg_catalog.*) greatest(o.columns, 1))
               AND NOT EXISTS (SELECT FROM drawing p
                                WHERE p.is_any OR pg_catalog.strpos(p.source, pg_catalog.lower(b.name)) OPERATOR(pg_catalog.>) 0) AS is_lost
       ) x
 WHERE (b.is_owned OR x.is_lost)
   -- A partition's triggers may fill the column in the rows that go into it.
   AND NOT EXISTS (SELECT FROM filling t
                    WHERE t.relation OPERATOR(pg_catalog.=) b.relation
                      AND (t.source IS NULL OR pg_catalog.strpos(t.source, pg_catalog.lower(b.attname::pg_catalog.text)) OPERATOR(pg_catalog.>) 0))
   AND NOT (b.relkind OPERATOR(pg_catalog.=) 'p' AND EXISTS (
        WITH RECURSIVE below AS (
        SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent OPERATOR(pg_catalog.=) b.relation
         UNION
        SELECT i.inhrelid FROM below w JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) w.inhrelid
        )
        SELECT FROM below w
          JOIN filling t ON t.relation OPERATOR(pg_catalog.=) w.inhrelid
         WHERE t.source IS NULL
            OR pg_catalog.strpos(t.source, pg_catalog.lower(b.attname::pg_catalog.text)) OPERATOR(pg_catalog.>) 0))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite r
                    WHERE r.ev_class OPERATOR(pg_catalog.=) b.relation AND r.ev_type OPERATOR(pg_catalog.=) '3'
                      AND r.ev_enabled OPERATOR(pg_catalog.<>) 'D')
   AND n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) b.relation
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 ORDER BY n.nspname, b.relname, b.attname
