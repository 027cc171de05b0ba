-- Returns the table whose column owns sequence $1.
SELECT d.refobjid
  FROM pg_catalog.pg_depend d
 WHERE d.classid OPERATOR(pg_catalog.=) 1259 AND d.objid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND d.refclassid OPERATOR(pg_catalog.=) 1259 AND d.refobjsubid OPERATOR(pg_catalog.>) 0
   AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
