-- Returns what only some of the tables $1 have, one row for each property: the name and the value,
-- and the values of a foreign table's options, to be hashed, except those of options whose names
-- match $2.
WITH r AS MATERIALIZED (
SELECT c.oid, c.relkind, c.reloptions, c.reltoastrelid, c.relreplident, c.relam, c.reltablespace, c.reloftype, c.relispopulated, c.relispartition
  FROM pg_catalog.pg_class c
 WHERE c.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
)
SELECT r.oid, CASE WHEN r.relkind OPERATOR(pg_catalog.=) 'v' THEN 'view options' ELSE 'storage parameters' END AS name, pg_catalog.array_to_string(ARRAY(SELECT u.option FROM pg_catalog.unnest(r.reloptions) u (option) ORDER BY u.option), ', ') AS value,
       NULL::pg_catalog.text AS content
  FROM r
 WHERE r.reloptions IS NOT NULL
 UNION ALL
SELECT r.oid, 'storage parameters of TOAST table', pg_catalog.array_to_string(ARRAY(SELECT u.option FROM pg_catalog.unnest(t.reloptions) u (option) ORDER BY u.option), ', '), NULL
  FROM r
  JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) r.reltoastrelid
 WHERE t.relkind OPERATOR(pg_catalog.=) 't'
   AND t.reloptions IS NOT NULL
 UNION ALL
SELECT r.oid, 'replica identity',
       CASE WHEN r.relreplident OPERATOR(pg_catalog.=) 'f' THEN 'FULL'
            WHEN r.relreplident OPERATOR(pg_catalog.=) 'n' THEN 'NOTHING'
            ELSE (SELECT pg_catalog.concat('USING INDEX ', pg_catalog.quote_ident(i.relname))
                    FROM pg_catalog.pg_index x
                    JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
                   WHERE x.indrelid OPERATOR(pg_catalog.=) r.oid
                     AND x.indisreplident) END, NULL
  FROM r
 WHERE r.relreplident OPERATOR(pg_catalog.=) ANY ('{f,n,i}'::pg_catalog."char"[])
   AND r.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m}'::pg_catalog."char"[])
 UNION ALL
SELECT r.oid, 'clustered on', pg_catalog.quote_ident(i.relname), NULL
  FROM r
  JOIN pg_catalog.pg_index x ON x.indrelid OPERATOR(pg_catalog.=) r.oid
  JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
 WHERE x.indisclustered
 UNION ALL
SELECT r.oid, 'partition key', pg_catalog.pg_get_partkeydef(r.oid), NULL
  FROM r
 WHERE r.relkind OPERATOR(pg_catalog.=) 'p'
 UNION ALL
SELECT r.oid, 'access method', pg_catalog.quote_ident(m.amname), NULL
  FROM r
  JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) r.relam
 WHERE r.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,m}'::pg_catalog."char"[])
   AND m.amname OPERATOR(pg_catalog.<>) 'heap'
 UNION ALL
SELECT r.oid, 'tablespace', pg_catalog.quote_ident(s.spcname), NULL
  FROM r
  JOIN pg_catalog.pg_tablespace s ON s.oid OPERATOR(pg_catalog.=) r.reltablespace
 UNION ALL
SELECT r.oid, 'type', pg_catalog.format_type(r.reloftype, NULL), NULL
  FROM r
 WHERE r.reloftype OPERATOR(pg_catalog.<>) 0
 UNION ALL
SELECT r.oid, 'populated', 'no', NULL
  FROM r
 WHERE r.relkind OPERATOR(pg_catalog.=) 'm'
   AND NOT r.relispopulated
 UNION ALL
SELECT r.oid, 'server', pg_catalog.concat_ws(' ', pg_catalog.quote_ident(s.srvname), o.names), o.content
  FROM r
  JOIN pg_catalog.pg_foreign_table f ON f.ftrelid OPERATOR(pg_catalog.=) r.oid
  JOIN pg_catalog.pg_foreign_server s ON s.oid OPERATOR(pg_catalog.=) f.ftserver
  LEFT JOIN LATERAL (
        SELECT pg_catalog.concat('OPTIONS (', pg_catalog.string_agg(pg_catalog.split_part(u.option, '=', 1), ', ' ORDER BY u.option), ')') AS names,
               pg_catalog.string_agg(u.option, ', ' ORDER BY u.option) FILTER (
                   WHERE pg_catalog.split_part(u.option, '=', 1) OPERATOR(pg_catalog.!~*) $2::pg_catalog.text) AS content
          FROM pg_catalog.unnest(f.ftoptions) u (option)
        HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
       ) o ON true
 UNION ALL
-- What a partition has of its own, other than what its parent gave it.
SELECT t.tgrelid, pg_catalog.concat('trigger ', t.tgname),
       CASE WHEN t.tgenabled OPERATOR(pg_catalog.=) 'D' THEN 'disabled'
            WHEN t.tgenabled OPERATOR(pg_catalog.=) 'R' THEN 'replica'
            WHEN t.tgenabled OPERATOR(pg_catalog.=) 'A' THEN 'always'
            ELSE 'origin' END, NULL
  FROM r
  JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) r.oid
  JOIN pg_catalog.pg_trigger p ON p.oid OPERATOR(pg_catalog.=) t.tgparentid
 WHERE r.relispartition
   AND NOT t.tgisinternal
   AND t.tgenabled OPERATOR(pg_catalog.<>) p.tgenabled
 UNION ALL
SELECT r.oid, pg_catalog.concat('index ', i.relname),
       CASE WHEN i.reloptions IS NULL THEN 'no storage parameters'
            ELSE pg_catalog.array_to_string(ARRAY(SELECT u.option FROM pg_catalog.unnest(i.reloptions) u (option) ORDER BY u.option), ', ') END, NULL
  FROM r
  JOIN pg_catalog.pg_index x ON x.indrelid OPERATOR(pg_catalog.=) r.oid
  JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
  JOIN pg_catalog.pg_inherits h ON h.inhrelid OPERATOR(pg_catalog.=) i.oid
  JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) h.inhparent
 WHERE r.relispartition
   AND i.relispartition
   AND COALESCE(pg_catalog.array_to_string(i.reloptions, ','), '') OPERATOR(pg_catalog.<>) COALESCE(pg_catalog.array_to_string(p.reloptions, ','), '')
