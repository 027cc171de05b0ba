-- Returns the relations with columns in schemas $1: tables, views, materialized views and foreign
-- tables. Skips members of extensions. Each has the columns of its primary key in the key's order,
-- and the key's column if its first and last value may be shown: whole numbers and times, but not
-- text, which is the rows' content. The last two columns tell whether it has policies and rules.
-- LATERAL, since the planner would compare all parents and keys with all tables while the catalogs
-- have no statistics, as after a restore.
SELECT c.oid, c.relnamespace, c.relname::pg_catalog.text, c.relkind, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text,
       c.relpersistence OPERATOR(pg_catalog.=) 'u', c.relrowsecurity, c.reltuples, c.relpages,
       pn.nspname::pg_catalog.text, p.relname::pg_catalog.text, k.columns, k.number, c.relispopulated,
       pg_catalog.pg_get_expr(c.relpartbound, 0::pg_catalog.oid), c.relforcerowsecurity, h.schemas, h.names,
       c.relhassubclass AND c.relkind OPERATOR(pg_catalog.=) 'r' AND EXISTS (
            SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent OPERATOR(pg_catalog.=) c.oid
       ),
       EXISTS (SELECT FROM pg_catalog.pg_policy s WHERE s.polrelid OPERATOR(pg_catalog.=) c.oid),
       c.relhasrules AND EXISTS (
            SELECT FROM pg_catalog.pg_rewrite r
             WHERE r.ev_class OPERATOR(pg_catalog.=) c.oid
               AND r.rulename OPERATOR(pg_catalog.<>) '_RETURN'
       )
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN LATERAL (
        SELECT pg_catalog.array_agg(n.nspname::pg_catalog.text ORDER BY i.inhseqno) AS schemas,
               pg_catalog.array_agg(p.relname::pg_catalog.text ORDER BY i.inhseqno) AS names
          FROM pg_catalog.pg_inherits i
          JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) i.inhparent
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.relnamespace
         WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid
           AND p.relkind OPERATOR(pg_catalog.=) 'r'
       ) h ON c.relkind OPERATOR(pg_catalog.=) ANY ('{r,f}'::pg_catalog."char"[])
  LEFT JOIN pg_catalog.pg_inherits i ON c.relispartition AND i.inhrelid OPERATOR(pg_catalog.=) c.oid
  LEFT JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) i.inhparent
  LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid OPERATOR(pg_catalog.=) p.relnamespace
  LEFT JOIN LATERAL (
        SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY u.place) AS columns,
               CASE WHEN pg_catalog.count(*) OPERATOR(pg_catalog.=) 1
                     AND pg_catalog.min(a.atttypid) OPERATOR(pg_catalog.=) ANY (
                            '{int2,int4,int8,date,timestamp,timestamptz}'::pg_catalog.regtype[]::pg_catalog.oid[])
                    THEN pg_catalog.min(a.attnum) END AS number
          FROM pg_catalog.pg_index x
         CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(x.indkey::pg_catalog.int2[])) WITH ORDINALITY u (number, place)
          JOIN pg_catalog.pg_attribute a
            ON a.attrelid OPERATOR(pg_catalog.=) x.indrelid
           AND a.attnum OPERATOR(pg_catalog.=) u.number
         WHERE x.indrelid OPERATOR(pg_catalog.=) c.oid
           AND x.indisprimary
           AND u.place OPERATOR(pg_catalog.<=) x.indnkeyatts
       ) k ON c.relhasindex
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
   AND c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 ORDER BY n.nspname, c.relname
