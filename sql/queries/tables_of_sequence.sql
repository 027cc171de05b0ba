-- The tables with a column that may draw from sequence $1 by its default, as its identity or by its domain's default: by the
-- catalogs' indexes. A default that names the sequence as text is recorded nowhere.
SELECT o.refobjid AS relation
  FROM pg_catalog.pg_depend o
 WHERE o.classid OPERATOR(pg_catalog.=) 1259 AND o.objid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND o.refclassid OPERATOR(pg_catalog.=) 1259
   AND o.refobjsubid OPERATOR(pg_catalog.>) 0
UNION
SELECT d.adrelid
  FROM pg_catalog.pg_depend o
  JOIN pg_catalog.pg_attrdef d ON d.oid OPERATOR(pg_catalog.=) o.objid
 WHERE o.classid OPERATOR(pg_catalog.=) 2604
   AND o.refclassid OPERATOR(pg_catalog.=) 1259 AND o.refobjid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
UNION
SELECT a.attrelid
  FROM pg_catalog.pg_depend o
  JOIN pg_catalog.pg_attribute a ON a.atttypid OPERATOR(pg_catalog.=) o.objid
 WHERE o.classid OPERATOR(pg_catalog.=) 1247
   AND o.refclassid OPERATOR(pg_catalog.=) 1259 AND o.refobjid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND NOT a.attisdropped
