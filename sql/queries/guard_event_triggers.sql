-- Returns the event triggers that call function $1: whether they fire in every session, whether
-- they depend on the extension, and their comments.
SELECT t.oid, t.evtname::pg_catalog.text, t.evtenabled OPERATOR(pg_catalog.=) 'A' AS is_always,
       EXISTS (SELECT FROM pg_catalog.pg_depend d
                WHERE d.classid OPERATOR(pg_catalog.=) 3466 AND d.objid OPERATOR(pg_catalog.=) t.oid
                  AND d.refclassid OPERATOR(pg_catalog.=) 3079) AS is_extensions,
       -- obj_description() would be planned again in every query that calls it.
       (SELECT c.description
          FROM pg_catalog.pg_description c
         WHERE c.objoid OPERATOR(pg_catalog.=) t.oid AND c.classoid OPERATOR(pg_catalog.=) 3466
           AND c.objsubid OPERATOR(pg_catalog.=) 0)
  FROM pg_catalog.pg_event_trigger t
 WHERE t.evtfoid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
