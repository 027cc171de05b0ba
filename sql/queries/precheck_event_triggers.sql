-- Returns the event triggers that fire in ordinary sessions for commands, and the commands; none is
-- all. Those of extensions and of functions that come with the server are left out.
SELECT t.evtname::pg_catalog.text, t.evttags
  FROM pg_catalog.pg_event_trigger t
 WHERE t.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[])
   AND t.evtevent OPERATOR(pg_catalog.<>) 'login'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3466::pg_catalog.oid
                      AND e.objid OPERATOR(pg_catalog.=) t.oid AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND t.evtname::pg_catalog.text OPERATOR(pg_catalog.!~~) E'pg\\_flightcheck%'
 ORDER BY t.evtname
