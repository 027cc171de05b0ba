-- Returns the columns of tables $1. Defaults of views are left out: only an INSERT into the view
-- uses them. To print an expression that has columns, the server locks the table; a default has
-- none.
SELECT a.attrelid, a.attname::pg_catalog.text, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod),
       CASE WHEN a.attcollation OPERATOR(pg_catalog.<>) t.typcollation
            THEN pg_catalog.concat(pg_catalog.quote_ident(ln.nspname), '.', pg_catalog.quote_ident(l.collname)) END,
       a.attnotnull, pg_catalog.pg_get_expr(d.adbin, CASE WHEN a.attgenerated OPERATOR(pg_catalog.<>) '' THEN d.adrelid ELSE 0::pg_catalog.oid END),
       a.attgenerated, a.attidentity,
       -- NOT NULL is a constraint since version 18.
       EXISTS (
            SELECT FROM pg_catalog.pg_constraint k
             WHERE k.conrelid OPERATOR(pg_catalog.=) a.attrelid
               AND k.contype OPERATOR(pg_catalog.=) 'n'
               AND k.conkey[1] OPERATOR(pg_catalog.=) a.attnum
               AND NOT k.convalidated
           )
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
  JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
  LEFT JOIN pg_catalog.pg_collation l ON l.oid OPERATOR(pg_catalog.=) a.attcollation
  LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid OPERATOR(pg_catalog.=) l.collnamespace
  LEFT JOIN pg_catalog.pg_attrdef d
    ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid
   AND d.adnum OPERATOR(pg_catalog.=) a.attnum
   AND a.atthasdef
   AND c.relkind OPERATOR(pg_catalog.<>) 'v'
 WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND a.attnum OPERATOR(pg_catalog.>) 0
   AND NOT a.attisdropped
