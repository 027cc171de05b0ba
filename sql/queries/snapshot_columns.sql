-- Returns the columns of tables $1. To print an expression that has columns, the server locks the
-- table; a default has none. The last but one column describes what was set by ALTER COLUMN … SET;
-- the last one has the values of a foreign table's options, to be hashed, except those of options
-- whose names sound confidential.
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
           ),
       d.oid,
       CASE WHEN a.attstorage OPERATOR(pg_catalog.<>) t.typstorage OR a.attcompression OPERATOR(pg_catalog.<>) '' OR a.attstattarget OPERATOR(pg_catalog.>=) 0
                OR pg_catalog.cardinality(a.attoptions) OPERATOR(pg_catalog.>) 1 OR NOT pg_catalog.starts_with(a.attoptions[1], 'pg_')
                OR a.attfdwoptions IS NOT NULL
            THEN pg_catalog.concat_ws(' ',
                     CASE WHEN a.attstorage OPERATOR(pg_catalog.<>) t.typstorage THEN pg_catalog.concat('STORAGE ', s.word) END,
                     CASE WHEN a.attcompression OPERATOR(pg_catalog.=) 'p' THEN 'COMPRESSION pglz'
                          WHEN a.attcompression OPERATOR(pg_catalog.=) 'l' THEN 'COMPRESSION lz4' END,
                     CASE WHEN a.attstattarget OPERATOR(pg_catalog.>=) 0 THEN pg_catalog.concat('STATISTICS ', a.attstattarget) END,
                     -- A newer minor release keeps a version of its own among them.
                     (SELECT pg_catalog.string_agg(u.option, ', ' ORDER BY u.option)
                        FROM pg_catalog.unnest(a.attoptions) u (option)
                       WHERE NOT pg_catalog.starts_with(u.option, 'pg_')),
                     (SELECT pg_catalog.concat('OPTIONS (', pg_catalog.string_agg(pg_catalog.split_part(u.option, '=', 1), ', ' ORDER BY u.option), ')')
                        FROM pg_catalog.unnest(a.attfdwoptions) u (option)
                      HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0)) END,
       CASE WHEN a.attfdwoptions IS NOT NULL THEN (
            SELECT pg_catalog.string_agg(u.option, ', ' ORDER BY u.option)
              FROM pg_catalog.unnest(a.attfdwoptions) u (option)
             WHERE pg_catalog.split_part(u.option, '=', 1) OPERATOR(pg_catalog.!~*) $2::pg_catalog.text
           ) END
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
  LEFT JOIN (VALUES ('p'::pg_catalog."char", 'PLAIN'), ('e', 'EXTERNAL'), ('x', 'EXTENDED'), ('m', 'MAIN')) s (letter, word)
    ON s.letter OPERATOR(pg_catalog.=) a.attstorage
  LEFT JOIN pg_catalog.pg_collation l ON l.oid OPERATOR(pg_catalog.=) a.attcollation
  LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid OPERATOR(pg_catalog.=) l.collnamespace
  LEFT JOIN pg_catalog.pg_attrdef d
    ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid
   AND d.adnum OPERATOR(pg_catalog.=) a.attnum
   AND a.atthasdef
 WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND a.attnum OPERATOR(pg_catalog.>) 0
   AND NOT a.attisdropped
