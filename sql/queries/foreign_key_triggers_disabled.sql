-- Returns the triggers that enforce foreign keys and do not fire in ordinary sessions, with the
-- constraint that fk_audit reports: for a partition's trigger, the topmost parent constraint.
WITH RECURSIVE up AS (
        SELECT t.oid AS trigger, k.oid, k.conparentid
          FROM pg_catalog.pg_trigger t
          JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) t.tgconstraint
         WHERE t.tgisinternal
           AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{D,R}'::pg_catalog."char"[])
           AND k.contype OPERATOR(pg_catalog.=) 'f'
         UNION ALL
        SELECT up.trigger, k.oid, k.conparentid
          FROM up
          JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) up.conparentid
)
SELECT up.oid, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, t.tgname::pg_catalog.text,
       t.tgenabled OPERATOR(pg_catalog.=) 'R',
       t.tgfoid OPERATOR(pg_catalog.=) ANY ('{1644,1645}'::pg_catalog.oid[]) -- RI_FKey_check_ins, RI_FKey_check_upd
  FROM up
  JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) up.trigger
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE up.conparentid OPERATOR(pg_catalog.=) 0
 ORDER BY n.nspname, c.relname, t.oid
