-- Returns the sum of the hashes of all large objects' pages and lengths, and the number of bytes. A
-- dump writes pages that were skipped as zeros, so zeros at the end of a page do not count. {hash}
-- is the function db_row_hash.
SELECT COALESCE(pg_catalog.sum(h.hash), 0)::pg_catalog.text, COALESCE(pg_catalog.sum(h.bytes), 0)::pg_catalog.int8
  FROM (
        SELECT {hash}(p.loid, p.pageno, pg_catalog.rtrim(p.data, pg_catalog.decode('00', 'hex')))::pg_catalog.numeric AS hash, 0::pg_catalog.int8 AS bytes
          FROM pg_catalog.pg_largeobject p
         WHERE pg_catalog.length(pg_catalog.rtrim(p.data, pg_catalog.decode('00', 'hex'))) OPERATOR(pg_catalog.>) 0
         UNION ALL
        SELECT {hash}(s.loid, s.bytes)::pg_catalog.numeric, s.bytes
          FROM (SELECT p.loid, pg_catalog.max(p.pageno::pg_catalog.int8 OPERATOR(pg_catalog.*) (pg_catalog.current_setting('block_size')::pg_catalog.int8 OPERATOR(pg_catalog./) 4) OPERATOR(pg_catalog.+) pg_catalog.length(p.data)) AS bytes
                  FROM pg_catalog.pg_largeobject p
                 GROUP BY p.loid) s
       ) h
