-- Returns the columns of tables $1 that have a number type and no default, and what suggests that
-- an application fills them from a sequence.
--
-- is_key: part of the primary key; is_unique: a unique index is on this column only; refers: part
--       of a foreign key
SELECT a.attrelid, a.attnum, a.attname::pg_catalog.text, a.attnotnull,
       EXISTS (SELECT FROM pg_catalog.pg_index i
                WHERE i.indrelid OPERATOR(pg_catalog.=) a.attrelid AND i.indisprimary
                  AND a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey::pg_catalog.int2[])) AS is_key,
       EXISTS (SELECT FROM pg_catalog.pg_index i
                WHERE i.indrelid OPERATOR(pg_catalog.=) a.attrelid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                  AND i.indnkeyatts OPERATOR(pg_catalog.=) 1
                  AND i.indkey[0] OPERATOR(pg_catalog.=) a.attnum) AS is_unique,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k
                WHERE k.conrelid OPERATOR(pg_catalog.=) a.attrelid AND k.contype OPERATOR(pg_catalog.=) 'f'
                  AND a.attnum OPERATOR(pg_catalog.=) ANY (k.conkey)) AS refers
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
 WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
   AND NOT a.atthasdef AND a.attidentity OPERATOR(pg_catalog.=) ''
   AND t.typdefaultbin IS NULL
   AND CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN t.typbasetype ELSE t.oid END
       OPERATOR(pg_catalog.=) ANY ('{20,21,23,1700}'::pg_catalog.oid[])
 ORDER BY a.attrelid, a.attnum
