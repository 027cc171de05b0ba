-- The parents of each inheritance child and partition.
SELECT i.inhrelid, i.inhparent
  FROM pg_catalog.pg_inherits i
