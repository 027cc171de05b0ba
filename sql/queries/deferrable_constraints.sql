-- Whether there are constraints that are initially deferred, and deferrable ones that are not.
SELECT
  EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferred),
  EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferrable AND NOT condeferred)
