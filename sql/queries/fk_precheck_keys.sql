-- Returns the unique indexes of table $1: the primary key's if $2 is NULL, otherwise those on
-- exactly columns $2. Each has its columns, their operator classes, and whether a foreign key may
-- refer to it (transformFkeyCheckAttrs).
SELECT i.indkey::pg_catalog.int2[], i.indclass::pg_catalog.oid[], i.indimmediate,
       i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
         AND NOT COALESCE((pg_catalog.to_jsonb(i) OPERATOR(pg_catalog.->>) 'indisexclusion')::pg_catalog.bool, false) AS is_usable
  FROM (
        SELECT i.*, (i.indkey::pg_catalog.int2[])[0:i.indnkeyatts OPERATOR(pg_catalog.-) 1] AS key
          FROM pg_catalog.pg_index i
         WHERE i.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
           AND i.indisunique
       ) i
 WHERE ($2::pg_catalog.int2[] IS NULL AND i.indisprimary)
    OR (i.key OPERATOR(pg_catalog.@>) $2::pg_catalog.int2[] AND i.key OPERATOR(pg_catalog.<@) $2::pg_catalog.int2[]
        AND i.indnkeyatts OPERATOR(pg_catalog.=) pg_catalog.cardinality($2::pg_catalog.int2[]))
 ORDER BY is_usable DESC, i.indexrelid
