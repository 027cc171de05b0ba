-- Returns the options of sequence $1: type, increment, minimum, maximum and start.
SELECT s.seqtypid, s.seqincrement, s.seqmin, s.seqmax, s.seqstart
  FROM pg_catalog.pg_sequence s
 WHERE s.seqrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
