-- Returns the relations in the schemas $1 with a constraint named $2, which SET CONSTRAINTS may mean
-- (AfterTriggerSetState in commands/trigger.c).
SELECT k.conrelid
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) k.connamespace
 WHERE n.nspname OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[]::pg_catalog.name[])
   AND k.conname OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name
   AND k.conrelid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
