-- Returns the parent of each partition, partitioned ones included.
SELECT i.inhparent, i.inhrelid
  FROM pg_catalog.pg_inherits i
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid AND c.relispartition
 WHERE NOT i.inhdetachpending
