-- Returns the casts and transforms that neither the system nor an extension has made.
SELECT 2605::pg_catalog.oid, c.oid, NULL::pg_catalog.oid, 'cast', pg_catalog.concat('(', pg_catalog.format_type(c.castsource, NULL), ' AS ', pg_catalog.format_type(c.casttarget, NULL), ')'), NULL::pg_catalog.text,
       pg_catalog.concat_ws(' ',
           CASE WHEN c.castmethod OPERATOR(pg_catalog.=) 'f' THEN pg_catalog.concat('WITH FUNCTION ', c.castfunc::pg_catalog.regprocedure)
                WHEN c.castmethod OPERATOR(pg_catalog.=) 'i' THEN 'WITH INOUT'
                ELSE 'WITHOUT FUNCTION' END,
           CASE WHEN c.castcontext OPERATOR(pg_catalog.=) 'a' THEN 'AS ASSIGNMENT'
                WHEN c.castcontext OPERATOR(pg_catalog.=) 'i' THEN 'AS IMPLICIT' END),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_cast c
 WHERE c.oid OPERATOR(pg_catalog.>=) 16384
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 2605 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   -- That of a range to its multirange comes with the type.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid OPERATOR(pg_catalog.=) 2605 AND i.objid OPERATOR(pg_catalog.=) c.oid AND i.deptype OPERATOR(pg_catalog.=) 'i')
 UNION ALL
SELECT 3576, t.oid, NULL, 'transform', pg_catalog.concat('FOR ', pg_catalog.format_type(t.trftype, NULL), ' LANGUAGE ', pg_catalog.quote_ident(l.lanname)), NULL,
       pg_catalog.concat('FROM SQL WITH FUNCTION ', t.trffromsql::pg_catalog.regprocedure, ', TO SQL WITH FUNCTION ', t.trftosql::pg_catalog.regprocedure), NULL
  FROM pg_catalog.pg_transform t
  JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) t.trflang
 WHERE t.oid OPERATOR(pg_catalog.>=) 16384
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3576 AND e.objid OPERATOR(pg_catalog.=) t.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
