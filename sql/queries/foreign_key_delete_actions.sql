-- Returns the tables whose rows a DELETE on table $1, or on one of its partitions, deletes or
-- updates by a foreign key, and the foreign key's action.
WITH RECURSIVE tree AS (
        SELECT $1::pg_catalog.oid AS oid
         UNION ALL
        SELECT i.inhrelid
          FROM tree t
          JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) t.oid AND p.relkind OPERATOR(pg_catalog.=) 'p'
          JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) t.oid
)
SELECT DISTINCT n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
       CASE WHEN k.confdeltype OPERATOR(pg_catalog.=) 'c' THEN 'CASCADE'
            WHEN k.confdeltype OPERATOR(pg_catalog.=) 'n' THEN 'SET NULL' ELSE 'SET DEFAULT' END
  FROM tree t
  JOIN pg_catalog.pg_constraint k ON k.confrelid OPERATOR(pg_catalog.=) t.oid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE k.contype OPERATOR(pg_catalog.=) 'f'
   AND k.confdeltype OPERATOR(pg_catalog.=) ANY ('{c,n,d}'::pg_catalog."char"[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint u
                    WHERE u.oid OPERATOR(pg_catalog.=) k.conparentid AND u.confrelid OPERATOR(pg_catalog.=) k.confrelid)
 ORDER BY 1, 2, 3
