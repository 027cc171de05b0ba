-- Returns what a caller may have meant by schema $1, which does not exist: a schema (s), a table
-- (t), a sequence (q) or this database (d). $2 and $3 are the name and the schema if $1 is read as
-- an SQL identifier; NULL if it is not one.
--
-- is_exact: the name is the same, not only in another case
WITH given AS (
SELECT pg_catalog.btrim($1::pg_catalog.text) AS raw, $2::pg_catalog.text AS name, $3::pg_catalog.text AS schema
), named AS (
SELECT 's' AS kind, n.nspname::pg_catalog.text AS schema, n.nspname::pg_catalog.text AS name, NULL::pg_catalog.oid AS relation
  FROM pg_catalog.pg_namespace n, given g
 WHERE g.schema IS NULL
UNION ALL
SELECT CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 'q' ELSE 't' END, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.oid
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 CROSS JOIN given g
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f,S}'::pg_catalog."char"[])
   AND n.nspname OPERATOR(pg_catalog.!~) '^pg_(temp|toast)'
   AND (g.schema IS NULL
     OR pg_catalog.lower(n.nspname::pg_catalog.text COLLATE pg_catalog."default") OPERATOR(pg_catalog.=) pg_catalog.lower(g.schema))
UNION ALL
SELECT 'd', NULL, pg_catalog.current_database()::pg_catalog.text, NULL
)
SELECT m.kind, m.schema, m.name, m.name OPERATOR(pg_catalog.=) ANY (ARRAY[g.raw, g.name]) AS is_exact,
       own.nspname::pg_catalog.text, o.relname::pg_catalog.text
  FROM named m
 CROSS JOIN given g
  LEFT JOIN pg_catalog.pg_depend d
         ON m.kind OPERATOR(pg_catalog.=) 'q'
        AND d.classid OPERATOR(pg_catalog.=) 1259 AND d.objid OPERATOR(pg_catalog.=) m.relation
        AND d.refclassid OPERATOR(pg_catalog.=) 1259 AND d.refobjsubid OPERATOR(pg_catalog.>) 0
        AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
  LEFT JOIN pg_catalog.pg_class o ON o.oid OPERATOR(pg_catalog.=) d.refobjid
  LEFT JOIN pg_catalog.pg_namespace own ON own.oid OPERATOR(pg_catalog.=) o.relnamespace
 WHERE pg_catalog.lower(m.name COLLATE pg_catalog."default")
       OPERATOR(pg_catalog.=) ANY (ARRAY[pg_catalog.lower(g.raw), pg_catalog.lower(g.name)])
 ORDER BY is_exact DESC, pg_catalog.array_position(ARRAY['s', 't', 'q', 'd'], m.kind),
          m.schema, m.name
