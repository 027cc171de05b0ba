-- The name of relation $1 and, if it is an owned sequence, the table that owns it.
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
       tn.nspname::pg_catalog.text, t.relname::pg_catalog.text
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN pg_catalog.pg_depend d
    ON d.classid OPERATOR(pg_catalog.=) 1259 AND d.objid OPERATOR(pg_catalog.=) c.oid
   AND d.refclassid OPERATOR(pg_catalog.=) 1259 AND d.refobjsubid OPERATOR(pg_catalog.>) 0
   AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
   AND c.relkind OPERATOR(pg_catalog.=) 'S'
  LEFT JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) d.refobjid
  LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid OPERATOR(pg_catalog.=) t.relnamespace
 WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
