-- Returns the parents of each partition and inheritance child.
SELECT i.inhrelid, i.inhparent
  FROM pg_catalog.pg_inherits i
