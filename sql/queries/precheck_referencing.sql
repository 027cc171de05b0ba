-- Returns the foreign keys of other tables that refer to relation $1: the table, and the name.
SELECT DISTINCT k.conrelid, k.conname::pg_catalog.text
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) d.objid
 WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.refobjid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass
   AND k.contype OPERATOR(pg_catalog.=) 'f'
   AND k.confrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
 ORDER BY 1, 2
