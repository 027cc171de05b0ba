-- NOT NULL columns without a default that own a sequence from which nothing draws; of schema $1, or of all but the system's.
-- Not those that a BEFORE INSERT trigger may fill: its function's source mentions nextval or the column, or cannot be read.
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text,
       sn.nspname::pg_catalog.text, sc.relname::pg_catalog.text
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_sequence q ON q.seqrelid OPERATOR(pg_catalog.=) d.objid
  JOIN pg_catalog.pg_class sc ON sc.oid OPERATOR(pg_catalog.=) d.objid
  JOIN pg_catalog.pg_namespace sn ON sn.oid OPERATOR(pg_catalog.=) sc.relnamespace
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.refobjid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) d.refobjid AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid
  JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) a.atttypid
 WHERE d.classid OPERATOR(pg_catalog.=) 1259
   AND d.refclassid OPERATOR(pg_catalog.=) 1259
   AND d.deptype OPERATOR(pg_catalog.=) 'a'
   AND a.attnotnull AND NOT a.atthasdef AND a.attidentity OPERATOR(pg_catalog.=) ''
   AND y.typdefaultbin IS NULL
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend u
                    WHERE u.refclassid OPERATOR(pg_catalog.=) 1259 AND u.refobjid OPERATOR(pg_catalog.=) d.objid
                      AND u.deptype OPERATOR(pg_catalog.=) 'n')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t
                     JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
                     JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
                    WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT t.tgisinternal
                      AND t.tgtype OPERATOR(pg_catalog.&) 7::pg_catalog.int2 OPERATOR(pg_catalog.=) 7 -- ROW, BEFORE, INSERT
                      AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[])
                      AND (l.lanname OPERATOR(pg_catalog.<>) 'plpgsql'
                        OR pg_catalog.strpos(pg_catalog.lower(p.prosrc), 'nextval') OPERATOR(pg_catalog.>) 0
                        OR pg_catalog.strpos(pg_catalog.lower(p.prosrc), pg_catalog.lower(a.attname::pg_catalog.text))
                           OPERATOR(pg_catalog.>) 0))
   AND (($1::pg_catalog.oid IS NULL AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema')
     OR n.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 ORDER BY n.nspname, c.relname, a.attname
