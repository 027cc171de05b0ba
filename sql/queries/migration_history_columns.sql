-- Returns the columns of every relation that may belong to a migration tool: a relation with a
-- column named as one of the tools' columns ($1), with the name of one of their tables ($2), or
-- with "migrat" in its name. Locks no table.
--
-- It returns one row with an array for each column, because some tools keep a history in each of
-- 10,000 schemas.
SELECT pg_catalog.array_agg(l.oid), pg_catalog.array_agg(l.nspname::pg_catalog.text), pg_catalog.array_agg(l.relname::pg_catalog.text),
       pg_catalog.array_agg(l.relkind), pg_catalog.array_agg(l.attname::pg_catalog.text), pg_catalog.array_agg(l.atttypid),
       pg_catalog.array_agg(l.atttypmod)
  FROM (
SELECT c.oid, n.nspname, c.relname, c.relkind, a.attnum, a.attname, a.atttypid, a.atttypmod
  FROM (
        SELECT k.attrelid AS oid
          FROM pg_catalog.pg_attribute k
         WHERE k.attname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.name[])
           AND k.attnum OPERATOR(pg_catalog.>) 0
           AND NOT k.attisdropped
         UNION
        SELECT k.oid
          FROM pg_catalog.pg_class k
         WHERE k.relname OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.name[])
         UNION
        SELECT k.oid
          FROM pg_catalog.pg_class k
         WHERE k.relname OPERATOR(pg_catalog.~~) '%migrat%'
       ) candidate
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) candidate.oid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
 WHERE c.oid OPERATOR(pg_catalog.>=) 16384 -- the system's relations have lower OIDs
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
   AND NOT c.relispartition
   AND NOT pg_catalog.pg_is_other_temp_schema(n.oid)
   AND a.attnum OPERATOR(pg_catalog.>) 0
   AND NOT a.attisdropped
 ORDER BY c.oid, a.attnum
       ) l
