-- Returns the relation $2 in schema $1 with its kind in words; for an index, also whether it is
-- valid, and whether it is being built.
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
       CASE WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{i,I}'::pg_catalog."char"[]) THEN 'index'
            WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 'sequence'
            WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{v,m}'::pg_catalog."char"[]) THEN 'view'
            ELSE 'table' END,
       i.indisvalid,
       EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index b WHERE b.index_relid OPERATOR(pg_catalog.=) c.oid)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
 WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name
   AND c.relname OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name
