-- Returns the constraints of tables $1, except those that are only inherited, NOT NULL, which is
-- the column's, and constraint triggers, which are triggers. The definition is NULL if the
-- constraint no longer exists. The last columns have the storage parameters and the tablespace of
-- its index, and the index.
SELECT k.conrelid, k.conname::pg_catalog.text, k.contype, pg_catalog.pg_get_constraintdef(k.oid),
       NOT EXISTS (
            SELECT FROM pg_catalog.pg_trigger t
             WHERE t.tgconstraint OPERATOR(pg_catalog.=) k.oid
               AND k.contype OPERATOR(pg_catalog.=) 'f'
               AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{D,R}'::pg_catalog."char"[])
           ),
       k.oid,
       pg_catalog.concat_ws(' ', pg_catalog.array_to_string(i.reloptions, ', '),
           CASE WHEN s.oid IS NOT NULL THEN pg_catalog.concat('TABLESPACE ', pg_catalog.quote_ident(s.spcname)) END),
       i.oid
  FROM pg_catalog.pg_constraint k
  LEFT JOIN pg_catalog.pg_class i
    ON i.oid OPERATOR(pg_catalog.=) k.conindid
   AND k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::pg_catalog."char"[])
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid OPERATOR(pg_catalog.=) i.reltablespace
 WHERE k.conrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,f,c,x}'::pg_catalog."char"[])
   AND k.conparentid OPERATOR(pg_catalog.=) 0
   AND (k.conislocal OR k.coninhcount OPERATOR(pg_catalog.=) 0)
