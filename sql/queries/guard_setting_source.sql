-- Where this session has pg_flightcheck.guard from.
SELECT s.source
  FROM pg_catalog.pg_settings s
 WHERE s.name OPERATOR(pg_catalog.=) 'pg_flightcheck.guard'
