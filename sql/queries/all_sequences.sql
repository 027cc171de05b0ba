-- Returns all sequences except the system's.
SELECT pg_catalog.array_agg(s.seqrelid)
  FROM pg_catalog.pg_sequence s
 WHERE s.seqrelid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
