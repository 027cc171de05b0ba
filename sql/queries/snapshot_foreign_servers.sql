-- Returns the foreign-data wrappers, the servers and the user mappings. Options are listed by name;
-- their values are returned separately, to be hashed, except those of user mappings and of options
-- whose names match $1, which are left out. Skips members of extensions.
SELECT 2328::pg_catalog.oid, w.oid, NULL::pg_catalog.oid, 'foreign-data wrapper', pg_catalog.quote_ident(w.fdwname), pg_catalog.pg_get_userbyid(w.fdwowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', CASE WHEN w.fdwhandler OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat('HANDLER ', w.fdwhandler::pg_catalog.regproc) END,
           CASE WHEN w.fdwvalidator OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat('VALIDATOR ', w.fdwvalidator::pg_catalog.regproc) END, o.names), o.content
  FROM pg_catalog.pg_foreign_data_wrapper w
  LEFT JOIN LATERAL (
        SELECT pg_catalog.concat('OPTIONS (', pg_catalog.string_agg(pg_catalog.split_part(u.option, '=', 1), ', ' ORDER BY u.option), ')') AS names,
               pg_catalog.string_agg(u.option, ', ' ORDER BY u.option) FILTER (
                   WHERE pg_catalog.split_part(u.option, '=', 1) OPERATOR(pg_catalog.!~*) $1::pg_catalog.text) AS content
          FROM pg_catalog.unnest(w.fdwoptions) u (option)
        HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
       ) o ON true
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 2328 AND e.objid OPERATOR(pg_catalog.=) w.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 UNION ALL
SELECT 1417, s.oid, NULL, 'server', pg_catalog.quote_ident(s.srvname), pg_catalog.pg_get_userbyid(s.srvowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', CASE WHEN s.srvtype IS NOT NULL THEN pg_catalog.concat('TYPE ', pg_catalog.quote_literal(s.srvtype)) END,
           CASE WHEN s.srvversion IS NOT NULL THEN pg_catalog.concat('VERSION ', pg_catalog.quote_literal(s.srvversion)) END,
           'FOREIGN DATA WRAPPER', pg_catalog.quote_ident(w.fdwname), o.names), o.content
  FROM pg_catalog.pg_foreign_server s
  JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid OPERATOR(pg_catalog.=) s.srvfdw
  LEFT JOIN LATERAL (
        SELECT pg_catalog.concat('OPTIONS (', pg_catalog.string_agg(pg_catalog.split_part(u.option, '=', 1), ', ' ORDER BY u.option), ')') AS names,
               pg_catalog.string_agg(u.option, ', ' ORDER BY u.option) FILTER (
                   WHERE pg_catalog.split_part(u.option, '=', 1) OPERATOR(pg_catalog.!~*) $1::pg_catalog.text) AS content
          FROM pg_catalog.unnest(s.srvoptions) u (option)
        HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
       ) o ON true
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1417 AND e.objid OPERATOR(pg_catalog.=) s.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 UNION ALL
SELECT 1418, m.umid, NULL, 'user mapping',
       pg_catalog.concat('FOR ', CASE WHEN m.umuser OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(m.usename) END, ' SERVER ', pg_catalog.quote_ident(m.srvname)),
       NULL, '', NULL
  FROM pg_catalog.pg_user_mappings m
