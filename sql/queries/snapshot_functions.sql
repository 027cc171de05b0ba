-- Returns the functions, procedures and aggregates of schemas $1: how they are declared, and apart
-- from that, to be hashed, what may be confidential: the body, and settings of extensions and
-- applications. Leaves out the body if it is a parsed statement, which the last column says: it is
-- printed with tables locked. Skips members of extensions and the constructors of ranges.
SELECT 1255::pg_catalog.oid, p.oid, p.pronamespace,
       CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'p' THEN 'procedure'
            WHEN p.prokind OPERATOR(pg_catalog.=) 'a' THEN 'aggregate'
            ELSE 'function' END,
       p.oid::pg_catalog.regprocedure::pg_catalog.text, pg_catalog.pg_get_userbyid(p.proowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ',
           pg_catalog.concat('(', pg_catalog.pg_get_function_arguments(p.oid), ')'),
           CASE WHEN p.prokind OPERATOR(pg_catalog.<>) 'p' THEN pg_catalog.concat('RETURNS ', pg_catalog.pg_get_function_result(p.oid)) END,
           (SELECT pg_catalog.string_agg(pg_catalog.concat(x.word, ' ', x.value), ', ' ORDER BY x.place)
              FROM (VALUES (1, 'SFUNC', a.aggtransfn::pg_catalog.regprocedure::pg_catalog.text),
                           (2, 'STYPE', pg_catalog.format_type(a.aggtranstype, NULL)),
                           (3, 'FINALFUNC', a.aggfinalfn::pg_catalog.regprocedure::pg_catalog.text),
                           (4, 'FINALFUNC_MODIFY', CASE WHEN a.aggfinalmodify OPERATOR(pg_catalog.<>) 'r' THEN a.aggfinalmodify::pg_catalog.text END),
                           (5, 'COMBINEFUNC', a.aggcombinefn::pg_catalog.regprocedure::pg_catalog.text),
                           (6, 'SERIALFUNC', a.aggserialfn::pg_catalog.regprocedure::pg_catalog.text),
                           (7, 'DESERIALFUNC', a.aggdeserialfn::pg_catalog.regprocedure::pg_catalog.text),
                           (8, 'INITCOND', pg_catalog.quote_literal(a.agginitval)),
                           (9, 'MSFUNC', a.aggmtransfn::pg_catalog.regprocedure::pg_catalog.text),
                           (10, 'MINVFUNC', a.aggminvtransfn::pg_catalog.regprocedure::pg_catalog.text),
                           (11, 'MSTYPE', pg_catalog.format_type(CASE WHEN a.aggmtranstype OPERATOR(pg_catalog.<>) 0 THEN a.aggmtranstype END, NULL)),
                           (12, 'MFINALFUNC', a.aggmfinalfn::pg_catalog.regprocedure::pg_catalog.text),
                           (13, 'MFINALFUNC_MODIFY', CASE WHEN a.aggmfinalmodify OPERATOR(pg_catalog.<>) 'r' THEN a.aggmfinalmodify::pg_catalog.text END),
                           (14, 'MINITCOND', pg_catalog.quote_literal(a.aggminitval)),
                           (15, 'SORTOP', CASE WHEN a.aggsortop OPERATOR(pg_catalog.<>) 0 THEN a.aggsortop::pg_catalog.regoperator::pg_catalog.text END),
                           (16, 'SSPACE', CASE WHEN a.aggtransspace OPERATOR(pg_catalog.<>) 0 THEN a.aggtransspace::pg_catalog.text END),
                           (17, 'MSSPACE', CASE WHEN a.aggmtransspace OPERATOR(pg_catalog.<>) 0 THEN a.aggmtransspace::pg_catalog.text END),
                           (18, 'FINALFUNC_EXTRA', CASE WHEN a.aggfinalextra THEN 'true' END),
                           (19, 'MFINALFUNC_EXTRA', CASE WHEN a.aggmfinalextra THEN 'true' END),
                           (20, 'HYPOTHETICAL', CASE WHEN a.aggkind OPERATOR(pg_catalog.=) 'h' THEN 'true' END)
                   ) x (place, word, value)
             WHERE a.aggfnoid IS NOT NULL
               AND x.value OPERATOR(pg_catalog.<>) '-'),
           CASE WHEN p.prokind OPERATOR(pg_catalog.<>) 'a' THEN pg_catalog.concat('LANGUAGE ', pg_catalog.quote_ident(l.lanname)) END,
           CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'w' THEN 'WINDOW' END,
           CASE WHEN p.provolatile OPERATOR(pg_catalog.=) 'i' THEN 'IMMUTABLE'
                WHEN p.provolatile OPERATOR(pg_catalog.=) 's' THEN 'STABLE' END,
           CASE WHEN p.proisstrict THEN 'STRICT' END,
           CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
           CASE WHEN p.proleakproof THEN 'LEAKPROOF' END,
           CASE WHEN p.proparallel OPERATOR(pg_catalog.=) 's' THEN 'PARALLEL SAFE'
                WHEN p.proparallel OPERATOR(pg_catalog.=) 'r' THEN 'PARALLEL RESTRICTED' END,
           CASE WHEN p.prokind OPERATOR(pg_catalog.<>) 'a' THEN pg_catalog.concat('COST ', p.procost) END,
           CASE WHEN p.prorows OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat('ROWS ', p.prorows) END,
           CASE WHEN p.prosupport::pg_catalog.oid OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat('SUPPORT ', p.prosupport::pg_catalog.regproc) END,
           (SELECT pg_catalog.concat('TRANSFORM ', pg_catalog.string_agg(pg_catalog.format_type(x.type, NULL), ', ' ORDER BY x.place))
              FROM ROWS FROM (pg_catalog.unnest(p.protrftypes)) WITH ORDINALITY x (type, place)
            HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0),
           (SELECT pg_catalog.string_agg(pg_catalog.concat('SET ', x.setting), ' ' ORDER BY x.place)
              FROM ROWS FROM (pg_catalog.unnest(p.proconfig)) WITH ORDINALITY x (setting, place)
             WHERE pg_catalog.strpos(pg_catalog.split_part(x.setting, '=', 1), '.') OPERATOR(pg_catalog.=) 0)
       ),
       pg_catalog.concat_ws(' ', CASE WHEN p.prokind OPERATOR(pg_catalog.<>) 'a' AND p.prosqlbody IS NULL THEN p.prosrc END, p.probin,
           (SELECT pg_catalog.string_agg(x.setting, ' ' ORDER BY x.place)
              FROM ROWS FROM (pg_catalog.unnest(p.proconfig)) WITH ORDINALITY x (setting, place)
             WHERE pg_catalog.strpos(pg_catalog.split_part(x.setting, '=', 1), '.') OPERATOR(pg_catalog.>) 0)),
       p.prosqlbody IS NOT NULL
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
  LEFT JOIN pg_catalog.pg_aggregate a ON a.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.=) p.oid
 WHERE p.pronamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1255 AND e.objid OPERATOR(pg_catalog.=) p.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend i
         WHERE i.classid OPERATOR(pg_catalog.=) 1255
           AND i.objid OPERATOR(pg_catalog.=) p.oid
           AND i.deptype OPERATOR(pg_catalog.=) 'i'
       )
