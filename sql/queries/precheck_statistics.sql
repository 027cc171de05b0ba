-- Returns a row if schema $1 has extended statistics with name $2.
SELECT true
  FROM pg_catalog.pg_statistic_ext s
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) s.stxnamespace
 WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name
   AND s.stxname OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name
