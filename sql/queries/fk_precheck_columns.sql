-- Returns the columns of table $1 with the names $2, in that order; NULL for a column that does not
-- exist.
SELECT a.attnum, a.atttypid, a.attcollation, a.attgenerated::pg_catalog."char", pg_catalog.format_type(a.atttypid, a.atttypmod)
  FROM pg_catalog.unnest($2::pg_catalog.text[]) WITH ORDINALITY u (name, place)
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND a.attname OPERATOR(pg_catalog.=) u.name::pg_catalog.name
   AND NOT a.attisdropped
 ORDER BY u.place
