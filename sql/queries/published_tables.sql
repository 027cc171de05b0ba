-- Returns the tables that publications have, with the publications of each: also the partitioned
-- tables of published partitions.
WITH RECURSIVE published AS (
SELECT p.pubname::pg_catalog.text AS name, c.oid AS relation
  FROM pg_catalog.pg_publication p
  JOIN pg_catalog.pg_publication_tables t ON t.pubname OPERATOR(pg_catalog.=) p.pubname
  JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) t.schemaname
  JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
                            AND c.relname OPERATOR(pg_catalog.=) t.tablename
), above AS (
SELECT p.relation, p.name FROM published p
 UNION
SELECT i.inhparent, a.name
  FROM above a
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.relation AND c.relispartition
  JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) a.relation
)
SELECT a.relation, pg_catalog.array_agg(a.name)
  FROM above a
 GROUP BY a.relation
