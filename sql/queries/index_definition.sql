-- Returns the definition of index $1, its schema and name, those of its table, and the constraint
-- that it belongs to: type, definition, whether it is DEFERRABLE, whether it is INITIALLY DEFERRED.
SELECT n.nspname::pg_catalog.text, x.relname::pg_catalog.text, tn.nspname::pg_catalog.text, t.relname::pg_catalog.text,
       pg_catalog.pg_get_indexdef(i.indexrelid), i.indisunique,
       k.contype::pg_catalog.text, pg_catalog.pg_get_constraintdef(k.oid),
       coalesce(k.condeferrable, false), coalesce(k.condeferred, false)
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) x.relnamespace
  JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) i.indrelid
  JOIN pg_catalog.pg_namespace tn ON tn.oid OPERATOR(pg_catalog.=) t.relnamespace
  LEFT JOIN pg_catalog.pg_constraint k ON k.conindid OPERATOR(pg_catalog.=) i.indexrelid
                                      AND k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::pg_catalog."char"[])
 WHERE i.indexrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
