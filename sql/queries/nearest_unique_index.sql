-- Returns the unique index or exclusion constraint of table $1 that comes nearest to keeping the
-- values of column $2 unique, where no valid unique index is on this column only, and how it
-- contains the column.
--
-- how: i = it is not valid and may lack rows; x = an exclusion constraint; p = a partial index; c =
--       together with other columns; e = in an expression
SELECT u.oid, u.how
  FROM (
SELECT x.oid, x.relname,
       CASE WHEN i.indisexclusion THEN 'x'
            WHEN NOT i.indisvalid THEN 'i'
            WHEN i.indpred IS NOT NULL THEN 'p'
            WHEN k.is_key THEN 'c'
            ELSE 'e' END AS how
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
 CROSS JOIN LATERAL (
        SELECT $2::pg_catalog.int2 OPERATOR(pg_catalog.=)
               ANY ((i.indkey::pg_catalog.int2[])[0:i.indnkeyatts OPERATOR(pg_catalog.-) 1]) AS is_key,
               pg_catalog.concat(i.indexprs, i.indpred) AS expressions
       ) k
 WHERE i.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND (i.indisunique OR i.indisexclusion)
   AND i.indisready AND i.indislive
   -- An INCLUDE column is not part of the key; a reference to the whole row (column 0) contains
   -- the column.
   AND (k.is_key OR k.expressions OPERATOR(pg_catalog.~~) ANY (ARRAY[
        pg_catalog.concat('%:varattno ', $2::pg_catalog.int2, ' %'), '%:varattno 0 %']))
       ) u
 ORDER BY pg_catalog.array_position(ARRAY['i', 'x', 'p', 'c', 'e'], u.how), u.relname
 LIMIT 1
