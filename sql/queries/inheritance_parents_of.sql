-- Returns the parents of each partition and inheritance child among tables $1, the tables that
-- inherit from them, and the ancestors of all these.
WITH RECURSIVE below AS (
    SELECT t.relation
      FROM pg_catalog.unnest($1::pg_catalog.oid[]) t (relation)
     UNION
    SELECT i.inhrelid
      FROM below b
      JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) b.relation
), above AS (
    SELECT i.inhrelid, i.inhparent
      FROM below b
      JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) b.relation
     UNION
    SELECT i.inhrelid, i.inhparent
      FROM above a
      JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) a.inhparent
)
SELECT a.inhrelid, a.inhparent
  FROM above a
