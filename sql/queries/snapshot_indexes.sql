-- Returns the indexes of tables $1, except those of constraints and those that a partition has from
-- its parent's. The definition begins after USING: what comes before is names. It is NULL if the
-- index no longer exists. The last column has its tablespace and statistics targets.
SELECT x.indrelid, i.relname::pg_catalog.text, x.indisunique, x.indisvalid,
       pg_catalog.substr(pg_catalog.pg_get_indexdef(x.indexrelid), pg_catalog.length(pg_catalog.concat(
           'CREATE ', CASE WHEN x.indisunique THEN 'UNIQUE ' END, 'INDEX ', pg_catalog.quote_ident(i.relname), ' ON ',
           CASE WHEN i.relkind OPERATOR(pg_catalog.=) 'I' THEN 'ONLY ' END,
           pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname), '  '
       ))),
       x.indexrelid,
       pg_catalog.concat_ws(' ',
           CASE WHEN s.oid IS NOT NULL THEN pg_catalog.concat('TABLESPACE ', pg_catalog.quote_ident(s.spcname)) END,
           (SELECT pg_catalog.string_agg(pg_catalog.concat('ALTER COLUMN ', a.attnum, ' SET STATISTICS ', a.attstattarget), ' ' ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a
             WHERE a.attrelid OPERATOR(pg_catalog.=) x.indexrelid
               AND x.indexprs IS NOT NULL
               AND a.attstattarget OPERATOR(pg_catalog.>=) 0))
  FROM pg_catalog.pg_index x
  JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) x.indrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid OPERATOR(pg_catalog.=) i.reltablespace
 WHERE x.indrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT i.relispartition
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint k
         WHERE k.conindid OPERATOR(pg_catalog.=) x.indexrelid
           AND k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::pg_catalog."char"[])
       )
