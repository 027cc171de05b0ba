-- Returns the tables in schemas $1 whose updates or deletes are published although nothing identifies
-- their rows: schema and name, the publications, whether updates and whether deletes are published,
-- and why. The server looks at the partition that a row is in, also if its root is published.
WITH RECURSIVE published AS (
SELECT c.oid AS relation, p.pubname, p.pubupdate, p.pubdelete
  FROM pg_catalog.pg_publication p
  JOIN pg_catalog.pg_publication_tables t ON t.pubname OPERATOR(pg_catalog.=) p.pubname
  JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) t.schemaname
  JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
                            AND c.relname OPERATOR(pg_catalog.=) t.tablename
 WHERE p.pubupdate OR p.pubdelete
 UNION
SELECT i.inhrelid, u.pubname, u.pubupdate, u.pubdelete
  FROM published u
  JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) u.relation
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid AND c.relispartition
)
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
       pg_catalog.array_agg(u.pubname::pg_catalog.text ORDER BY u.pubname),
       pg_catalog.bool_or(u.pubupdate), pg_catalog.bool_or(u.pubdelete), c.relreplident::pg_catalog.text
  FROM published u
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) u.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
   AND c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND c.relreplident OPERATOR(pg_catalog.<>) 'f'
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_index i
         WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisvalid
           AND CASE WHEN c.relreplident OPERATOR(pg_catalog.=) 'd' THEN i.indisprimary AND i.indimmediate
                    WHEN c.relreplident OPERATOR(pg_catalog.=) 'i' THEN i.indisreplident ELSE false END)
 GROUP BY n.nspname, c.relname, c.relreplident
 ORDER BY n.nspname, c.relname
