-- Returns the relations that view $1 names.
SELECT DISTINCT d.refobjid
  FROM pg_catalog.pg_rewrite r
  JOIN pg_catalog.pg_depend d
    ON d.objid OPERATOR(pg_catalog.=) r.oid
   AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
   AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.refobjid OPERATOR(pg_catalog.<>) r.ev_class
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.refobjid
 WHERE r.ev_class OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND r.ev_type OPERATOR(pg_catalog.=) '1'
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
 ORDER BY 1
