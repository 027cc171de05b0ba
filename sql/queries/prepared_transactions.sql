-- Returns the prepared transactions by transaction id.
SELECT p.transaction::pg_catalog.text,
       p.gid,
       p.owner::pg_catalog.text,
       p.prepared,
       (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) p.prepared) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8
  FROM pg_catalog.pg_prepared_xacts p
