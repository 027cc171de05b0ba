-- Returns the triggers and rules of tables in schemas $1, and the event triggers, that are disabled
-- or fire only on replicas; and the triggers that enforce deferrable unique constraints. Event
-- triggers belong to no schema and are always returned. Skips members of extensions, the guard's
-- triggers and those that enforce foreign keys: other checks report these.
WITH ours AS MATERIALIZED (
SELECT d.objid AS function
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_depend d ON d.refclassid OPERATOR(pg_catalog.=) 3079 AND d.refobjid OPERATOR(pg_catalog.=) e.oid
                             AND d.classid OPERATOR(pg_catalog.=) 1255 AND d.deptype OPERATOR(pg_catalog.=) 'e'
 WHERE e.extname OPERATOR(pg_catalog.=) 'pg_flightcheck'
), off AS (
SELECT 't' AS kind, t.tgname AS name, t.tgrelid AS relation, t.tgenabled AS firing, k.conname AS enforced
  FROM pg_catalog.pg_trigger t
  LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) t.tgconstraint AND t.tgisinternal
 WHERE t.tgenabled OPERATOR(pg_catalog.=) ANY ('{D,R}'::pg_catalog."char"[])
   AND (NOT t.tgisinternal OR k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::pg_catalog."char"[]))
   AND NOT EXISTS (SELECT FROM ours o WHERE o.function OPERATOR(pg_catalog.=) t.tgfoid)
   -- A partition's copy is enabled and disabled with its parent trigger.
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_trigger p
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.tgrelid
         WHERE p.oid OPERATOR(pg_catalog.=) t.tgparentid AND p.tgenabled OPERATOR(pg_catalog.=) t.tgenabled
           AND c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[]))
 UNION ALL
SELECT 'r', r.rulename, r.ev_class, r.ev_enabled, NULL
  FROM pg_catalog.pg_rewrite r
 WHERE r.ev_enabled OPERATOR(pg_catalog.=) ANY ('{D,R}'::pg_catalog."char"[])
)
SELECT o.kind, o.name::pg_catalog.text, o.firing OPERATOR(pg_catalog.=) 'R',
       n.nspname::pg_catalog.text, c.relname::pg_catalog.text, o.enforced::pg_catalog.text
  FROM off o
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) o.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 UNION ALL
SELECT 'e', v.evtname::pg_catalog.text, v.evtenabled OPERATOR(pg_catalog.=) 'R', '', '', NULL
  FROM pg_catalog.pg_event_trigger v
 WHERE v.evtenabled OPERATOR(pg_catalog.=) ANY ('{D,R}'::pg_catalog."char"[])
   AND NOT EXISTS (SELECT FROM ours o WHERE o.function OPERATOR(pg_catalog.=) v.evtfoid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3466 AND e.objid OPERATOR(pg_catalog.=) v.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 ORDER BY 4, 5, 1, 2
