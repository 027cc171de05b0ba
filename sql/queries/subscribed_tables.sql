-- Tables that an enabled subscription feeds, with those that their rows are part of: what goes into a partition, its parents hold,
-- and what goes into a partitioned table, its partitions. (What subscriptions there are, every role may read; not how they connect.)
WITH RECURSIVE subscribed AS (
SELECT r.srrelid AS relation, s.subname::pg_catalog.text AS name
  FROM pg_catalog.pg_subscription_rel r
  JOIN pg_catalog.pg_subscription s ON s.oid OPERATOR(pg_catalog.=) r.srsubid
 WHERE s.subenabled
), above AS (
SELECT s.relation, s.name FROM subscribed s
 UNION
SELECT i.inhparent, a.name
  FROM above a
  JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) a.relation
), below AS (
SELECT s.relation, s.name FROM subscribed s
 UNION
SELECT i.inhrelid, b.name
  FROM below b
  JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) b.relation
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid AND c.relispartition
)
SELECT u.relation, pg_catalog.array_agg(DISTINCT u.name)
  FROM (SELECT a.relation, a.name FROM above a UNION ALL SELECT b.relation, b.name FROM below b) u
 GROUP BY u.relation
