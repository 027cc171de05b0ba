-- Returns the event triggers, except members of extensions and those that call pg_flightcheck.
SELECT 3466::pg_catalog.oid, t.oid, NULL::pg_catalog.oid, 'event trigger', pg_catalog.quote_ident(t.evtname), pg_catalog.pg_get_userbyid(t.evtowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', 'ON', t.evtevent, CASE WHEN t.evttags IS NOT NULL THEN pg_catalog.concat('TAGS (', pg_catalog.array_to_string(t.evttags, ', '), ')') END,
           'EXECUTE FUNCTION', t.evtfoid::pg_catalog.regprocedure,
           CASE WHEN t.evtenabled OPERATOR(pg_catalog.=) 'D' THEN 'DISABLED'
                WHEN t.evtenabled OPERATOR(pg_catalog.=) 'R' THEN 'ENABLE REPLICA'
                WHEN t.evtenabled OPERATOR(pg_catalog.=) 'A' THEN 'ENABLE ALWAYS' END),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_event_trigger t
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3466 AND e.objid OPERATOR(pg_catalog.=) t.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_extension x
            ON d.refclassid OPERATOR(pg_catalog.=) 3079
           AND d.refobjid OPERATOR(pg_catalog.=) x.oid
         WHERE d.classid OPERATOR(pg_catalog.=) 1255
           AND d.objid OPERATOR(pg_catalog.=) t.evtfoid
           AND d.deptype OPERATOR(pg_catalog.=) 'e'
           AND x.extname OPERATOR(pg_catalog.=) 'pg_flightcheck'
       )
