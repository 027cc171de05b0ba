-- Returns the sequences in schemas $1, each with the table and the column that owns it. Skips members of
-- extensions.
SELECT c.oid, c.relnamespace, c.relname::pg_catalog.text, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
       pg_catalog.format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       tn.nspname::pg_catalog.text, t.relname::pg_catalog.text, c.relpersistence OPERATOR(pg_catalog.=) 'u',
       a.attname::pg_catalog.text
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_sequence s ON s.seqrelid OPERATOR(pg_catalog.=) c.oid
  LEFT JOIN pg_catalog.pg_depend o
    ON o.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
   AND o.objid OPERATOR(pg_catalog.=) c.oid
   AND o.objsubid OPERATOR(pg_catalog.=) 0
   AND o.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
   AND o.refobjsubid OPERATOR(pg_catalog.>) 0
   AND o.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
  LEFT JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) o.refobjid
  LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid OPERATOR(pg_catalog.=) o.refobjid
   AND a.attnum OPERATOR(pg_catalog.=) o.refobjsubid
  LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid OPERATOR(pg_catalog.=) t.relnamespace
 WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 ORDER BY n.nspname, c.relname
