-- Returns the sequence that belongs to column $2 of table $1: its OID, name, type and step.
SELECT s.seqrelid, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
       pg_catalog.format_type(s.seqtypid, NULL), s.seqtypid, s.seqincrement
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_sequence s ON s.seqrelid OPERATOR(pg_catalog.=) d.objid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) s.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
   AND d.refobjid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND d.refobjsubid OPERATOR(pg_catalog.=) $2::pg_catalog.int4
   AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
 LIMIT 1
