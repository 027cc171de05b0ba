-- Returns the columns whose type is domain $1 or a domain over it, in tables and materialized views:
-- table, number, and whether the column holds the domain only as an array's element.
WITH RECURSIVE domains(oid, typarray) AS (
  SELECT t.oid, t.typarray FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
  UNION
  SELECT t.oid, t.typarray
    FROM pg_catalog.pg_type t
    JOIN domains d ON t.typbasetype OPERATOR(pg_catalog.=) d.oid
   WHERE t.typtype OPERATOR(pg_catalog.=) 'd'::pg_catalog."char")
SELECT a.attrelid, a.attnum, a.atttypid OPERATOR(pg_catalog.=) d.typarray
  FROM domains d
  JOIN pg_catalog.pg_attribute a
    ON a.atttypid OPERATOR(pg_catalog.=) d.oid
       OR a.atttypid OPERATOR(pg_catalog.=) d.typarray AND d.typarray OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
 WHERE NOT a.attisdropped
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,m,c}'::pg_catalog."char"[])
 ORDER BY c.relkind OPERATOR(pg_catalog.=) 'c'::pg_catalog."char", a.attrelid, a.attnum
