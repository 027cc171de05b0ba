-- Returns the constraints of tables $1, except those that are only inherited, NOT NULL, which is
-- the column's, and constraint triggers, which are triggers. The definition is NULL if the
-- constraint no longer exists.
SELECT k.conrelid, k.conname::pg_catalog.text, k.contype, pg_catalog.pg_get_constraintdef(k.oid),
       NOT EXISTS (
            SELECT FROM pg_catalog.pg_trigger t
             WHERE t.tgconstraint OPERATOR(pg_catalog.=) k.oid
               AND k.contype OPERATOR(pg_catalog.=) 'f'
               AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{D,R}'::pg_catalog."char"[])
           )
  FROM pg_catalog.pg_constraint k
 WHERE k.conrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,f,c,x}'::pg_catalog."char"[])
   AND k.conparentid OPERATOR(pg_catalog.=) 0
   AND (k.conislocal OR k.coninhcount OPERATOR(pg_catalog.=) 0)
