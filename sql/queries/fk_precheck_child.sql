-- Returns what table $1 already has for a foreign key of columns $2 to columns $4 of table $3: such
-- a constraint, whether it is validated and enforced, whether an index leads on the columns, the
-- names of constraints that begin with $5, and whether the table's owner has REFERENCES on the
-- referenced columns.
--
-- Only a btree or hash index counts: others cannot look up a key.
SELECT present.name, present.is_validated, present.is_enforced,
       EXISTS (SELECT FROM pg_catalog.pg_index i
                WHERE i.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
                  AND i.indisvalid
                  AND i.indpred IS NULL
                  AND EXISTS (SELECT FROM pg_catalog.pg_class ic
                               WHERE ic.oid OPERATOR(pg_catalog.=) i.indexrelid
                                 AND ic.relam OPERATOR(pg_catalog.=) ANY ('{403,405}'::pg_catalog.oid[]))
                  AND (i.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality($2::pg_catalog.int2[]) OPERATOR(pg_catalog.-) 1] OPERATOR(pg_catalog.@>) $2::pg_catalog.int2[]),
       (SELECT pg_catalog.array_agg(k.conname::pg_catalog.text)
          FROM pg_catalog.pg_constraint k
         WHERE pg_catalog.starts_with(k.conname::pg_catalog.text, $5::pg_catalog.text)),
       (SELECT pg_catalog.bool_and(pg_catalog.has_column_privilege(c.relowner, $3::pg_catalog.oid, u.number, 'REFERENCES'))
          FROM pg_catalog.pg_class c
         CROSS JOIN pg_catalog.unnest($4::pg_catalog.int2[]) u (number)
         WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
  FROM (VALUES (1)) one (row)
  LEFT JOIN LATERAL (
        SELECT k.conname::pg_catalog.text AS name, k.convalidated AS is_validated,
               COALESCE((pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced')::pg_catalog.bool, true) AS is_enforced -- from 18
          FROM pg_catalog.pg_constraint k
         WHERE k.contype OPERATOR(pg_catalog.=) 'f'
           AND k.conrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
           AND k.confrelid OPERATOR(pg_catalog.=) $3::pg_catalog.oid
           AND NOT COALESCE((pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conperiod')::pg_catalog.bool, false) -- from 18
           AND pg_catalog.cardinality(k.conkey) OPERATOR(pg_catalog.=) pg_catalog.cardinality($2::pg_catalog.int2[])
           AND NOT EXISTS (
                   SELECT FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) u (child, parent)
                    WHERE NOT EXISTS (
                              SELECT FROM ROWS FROM (pg_catalog.unnest($2::pg_catalog.int2[]), pg_catalog.unnest($4::pg_catalog.int2[]))
                                          w (child, parent)
                               WHERE w.child OPERATOR(pg_catalog.=) u.child AND w.parent OPERATOR(pg_catalog.=) u.parent))
         ORDER BY k.convalidated DESC, k.oid
         LIMIT 1
       ) present ON true
