-- Returns the procedural languages and access methods that neither the system nor an extension has
-- made.
SELECT 2612::pg_catalog.oid, l.oid, NULL::pg_catalog.oid, 'language', pg_catalog.quote_ident(l.lanname), pg_catalog.pg_get_userbyid(l.lanowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', CASE WHEN l.lanpltrusted THEN 'TRUSTED' END, 'HANDLER', l.lanplcallfoid::pg_catalog.regprocedure,
           'INLINE', l.laninline::pg_catalog.regprocedure, 'VALIDATOR', l.lanvalidator::pg_catalog.regprocedure),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_language l
 WHERE l.lanispl
   AND l.oid OPERATOR(pg_catalog.>=) 16384
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 2612 AND e.objid OPERATOR(pg_catalog.=) l.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 UNION ALL
SELECT 2601, m.oid, NULL, 'access method', pg_catalog.quote_ident(m.amname), NULL,
       pg_catalog.concat_ws(' ', 'TYPE', CASE WHEN m.amtype OPERATOR(pg_catalog.=) 't' THEN 'TABLE' ELSE 'INDEX' END, 'HANDLER', m.amhandler::pg_catalog.regproc), NULL
  FROM pg_catalog.pg_am m
 WHERE m.oid OPERATOR(pg_catalog.>=) 16384
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 2601 AND e.objid OPERATOR(pg_catalog.=) m.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
