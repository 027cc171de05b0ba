-- Returns what only some of the tables $1 have, one row for each property: the name and the value,
-- and the values of a foreign table's options, to be hashed, except those of options whose names
-- sound confidential.
SELECT c.oid, p.name, p.value, p.content
  FROM pg_catalog.pg_class c
 CROSS JOIN LATERAL (
        SELECT 'storage parameters' AS name, pg_catalog.array_to_string(ARRAY(SELECT u.option FROM pg_catalog.unnest(c.reloptions) u (option) ORDER BY u.option), ', ') AS value,
               NULL::pg_catalog.text AS content
         WHERE c.reloptions IS NOT NULL
         UNION ALL
        SELECT 'storage parameters of TOAST table', pg_catalog.array_to_string(ARRAY(SELECT u.option FROM pg_catalog.unnest(t.reloptions) u (option) ORDER BY u.option), ', '), NULL
          FROM pg_catalog.pg_class t
         WHERE c.reltoastrelid OPERATOR(pg_catalog.<>) 0
           AND t.oid OPERATOR(pg_catalog.=) c.reltoastrelid
           AND t.reloptions IS NOT NULL
         UNION ALL
        SELECT 'replica identity',
               CASE WHEN c.relreplident OPERATOR(pg_catalog.=) 'f' THEN 'FULL'
                    WHEN c.relreplident OPERATOR(pg_catalog.=) 'n' THEN 'NOTHING'
                    ELSE (SELECT pg_catalog.concat('USING INDEX ', pg_catalog.quote_ident(i.relname))
                            FROM pg_catalog.pg_index x
                            JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
                           WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid
                             AND x.indisreplident) END, NULL
         WHERE c.relreplident OPERATOR(pg_catalog.=) ANY ('{f,n,i}'::pg_catalog."char"[])
           AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m}'::pg_catalog."char"[])
         UNION ALL
        SELECT 'clustered on', pg_catalog.quote_ident(i.relname), NULL
          FROM pg_catalog.pg_index x
          JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
         WHERE c.relhasindex
           AND x.indrelid OPERATOR(pg_catalog.=) c.oid
           AND x.indisclustered
         UNION ALL
        SELECT 'partition key', pg_catalog.pg_get_partkeydef(c.oid), NULL
         WHERE c.relkind OPERATOR(pg_catalog.=) 'p'
         UNION ALL
        SELECT 'access method', pg_catalog.quote_ident(m.amname), NULL
          FROM pg_catalog.pg_am m
         WHERE m.oid OPERATOR(pg_catalog.=) c.relam
           AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m}'::pg_catalog."char"[])
           AND m.amname OPERATOR(pg_catalog.<>) 'heap'
         UNION ALL
        SELECT 'tablespace', pg_catalog.quote_ident(s.spcname), NULL
          FROM pg_catalog.pg_tablespace s
         WHERE s.oid OPERATOR(pg_catalog.=) c.reltablespace
         UNION ALL
        SELECT 'type', pg_catalog.format_type(c.reloftype, NULL), NULL
         WHERE c.reloftype OPERATOR(pg_catalog.<>) 0
         UNION ALL
        SELECT 'populated', 'no', NULL
         WHERE c.relkind OPERATOR(pg_catalog.=) 'm'
           AND NOT c.relispopulated
         UNION ALL
        SELECT 'server', pg_catalog.concat_ws(' ', pg_catalog.quote_ident(s.srvname), o.names), o.content
          FROM pg_catalog.pg_foreign_table f
          JOIN pg_catalog.pg_foreign_server s ON s.oid OPERATOR(pg_catalog.=) f.ftserver
          LEFT JOIN LATERAL (
                SELECT pg_catalog.concat('OPTIONS (', pg_catalog.string_agg(pg_catalog.split_part(u.option, '=', 1), ', ' ORDER BY u.option), ')') AS names,
                       pg_catalog.string_agg(u.option, ', ' ORDER BY u.option) FILTER (
                           WHERE pg_catalog.split_part(u.option, '=', 1) OPERATOR(pg_catalog.!~*) 'pass|secret|key|token|credential|private') AS content
                  FROM pg_catalog.unnest(f.ftoptions) u (option)
                HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
               ) o ON true
         WHERE f.ftrelid OPERATOR(pg_catalog.=) c.oid
       ) p
 WHERE c.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND (c.reloptions IS NOT NULL OR c.reltoastrelid OPERATOR(pg_catalog.<>) 0 OR c.relreplident OPERATOR(pg_catalog.<>) 'd' OR c.relhasindex
        OR c.relkind OPERATOR(pg_catalog.<>) 'r' OR c.reltablespace OPERATOR(pg_catalog.<>) 0 OR c.reloftype OPERATOR(pg_catalog.<>) 0)
