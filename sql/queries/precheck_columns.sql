-- Returns the columns of relation $1 that have not been dropped: number, name, type, modifier,
-- collation, whether NOT NULL, the default as text (only with $2, since that locks the relation),
-- identity, generated, how many parents it comes from, how it is stored, whether it would stay
-- without its parents, and whether it has a default.
SELECT a.attnum, a.attname::pg_catalog.text, a.atttypid, a.atttypmod, a.attcollation, a.attnotnull,
       CASE WHEN $2::pg_catalog.bool THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END, a.attidentity, a.attgenerated,
       a.attinhcount::pg_catalog.int4, a.attstorage, a.attislocal, a.atthasdef
  FROM pg_catalog.pg_attribute a
  LEFT JOIN pg_catalog.pg_attrdef d
    ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
 WHERE a.attrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
 ORDER BY a.attnum
