-- Returns the tables that an enabled subscription writes to, with the tables that share their rows:
-- a partition's rows are its parents' rows, and a partitioned table's rows are in its partitions.
-- Every role may read which subscriptions exist, except their connection strings.
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
