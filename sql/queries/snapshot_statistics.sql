-- Returns the extended statistics of schemas $1. Skips members of extensions.
SELECT 3381::pg_catalog.oid, s.oid, s.stxnamespace, 'statistics', pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(s.stxname)),
       pg_catalog.pg_get_userbyid(s.stxowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', pg_catalog.pg_get_statisticsobjdef(s.oid),
           CASE WHEN s.stxstattarget OPERATOR(pg_catalog.>=) 0 THEN pg_catalog.concat('SET STATISTICS ', s.stxstattarget) END),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_statistic_ext s
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) s.stxnamespace
 WHERE s.stxnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3381 AND e.objid OPERATOR(pg_catalog.=) s.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
