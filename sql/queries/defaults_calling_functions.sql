-- Returns the defaults of columns of number types, their own or their domain's, that call user
-- functions and do not call nextval themselves.
SELECT d.adrelid AS relation, d.adnum AS attribute, d.adbin::pg_catalog.text AS tree
  FROM pg_catalog.pg_depend f
  JOIN pg_catalog.pg_attrdef d ON d.oid OPERATOR(pg_catalog.=) f.objid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.adrelid
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) d.adrelid AND a.attnum OPERATOR(pg_catalog.=) d.adnum
  JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
 WHERE f.classid OPERATOR(pg_catalog.=) 2604
   AND f.refclassid OPERATOR(pg_catalog.=) 1255
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f}'::pg_catalog."char"[])
   AND NOT a.attisdropped AND a.attgenerated OPERATOR(pg_catalog.=) ''
   AND (t.typtype OPERATOR(pg_catalog.=) 'd' OR t.oid OPERATOR(pg_catalog.=) ANY ('{20,21,23,1700}'::pg_catalog.oid[]))
   AND d.adbin::pg_catalog.text OPERATOR(pg_catalog.!~~) '%:funcid 1574 %'
UNION
SELECT a.attrelid, a.attnum, t.typdefaultbin::pg_catalog.text
  FROM pg_catalog.pg_depend f
  JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) f.objid
  JOIN pg_catalog.pg_attribute a ON a.atttypid OPERATOR(pg_catalog.=) t.oid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
 WHERE f.classid OPERATOR(pg_catalog.=) 1247
   AND f.refclassid OPERATOR(pg_catalog.=) 1255
   AND t.typtype OPERATOR(pg_catalog.=) 'd'
   AND t.typdefaultbin::pg_catalog.text OPERATOR(pg_catalog.!~~) '%:funcid 1574 %'
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f}'::pg_catalog."char"[])
   AND a.attnum OPERATOR(pg_catalog.>) 0
   AND NOT a.atthasdef AND NOT a.attisdropped
   AND a.attidentity OPERATOR(pg_catalog.=) ''
