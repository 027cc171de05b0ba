-- For each table and column the btree that leads on it and can be probed for the furthest id: valid, not partial;
-- one that is unique on this column alone first, then the smallest. Starts the WITH clause of other queries.
WITH RECURSIVE usable_index AS (
    SELECT DISTINCT ON (i.indrelid, i.indkey[0])
           i.indrelid AS relation,
           i.indkey[0] AS attribute,
           i.indexrelid AS index,
           i.indisunique AND i.indnkeyatts OPERATOR(pg_catalog.=) 1 AS is_unique
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
     WHERE i.indisvalid AND i.indisready AND i.indislive
       AND i.indpred IS NULL
       AND i.indkey[0] OPERATOR(pg_catalog.>) 0
       AND x.relam OPERATOR(pg_catalog.=) 403
     ORDER BY i.indrelid, i.indkey[0],
              i.indisunique AND i.indnkeyatts OPERATOR(pg_catalog.=) 1 DESC, x.relpages, i.indexrelid
)
