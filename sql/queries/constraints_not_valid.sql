-- Constraints of tables and domains that are NOT VALID, without foreign keys; of schema $1, or of all but the system's.
-- Those that a partition or a child table has from its parent are validated with that one's.
SELECT k.conname::pg_catalog.text, n.nspname::pg_catalog.text, o.name, o.is_domain
  FROM pg_catalog.pg_constraint k
 CROSS JOIN LATERAL (
        SELECT c.relname::pg_catalog.text AS name, c.relnamespace AS schema, false AS is_domain
          FROM pg_catalog.pg_class c
         WHERE c.oid OPERATOR(pg_catalog.=) k.conrelid
         UNION ALL
        SELECT t.typname::pg_catalog.text, t.typnamespace, true
          FROM pg_catalog.pg_type t
         WHERE t.oid OPERATOR(pg_catalog.=) k.contypid
       ) o
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.schema
 WHERE NOT k.convalidated
   AND k.contype OPERATOR(pg_catalog.<>) 'f'
   AND k.coninhcount OPERATOR(pg_catalog.=) 0
   AND (($1::pg_catalog.oid IS NULL AND n.nspname OPERATOR(pg_catalog.!~) '^pg_' AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema')
     OR n.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
 ORDER BY n.nspname, o.name, k.conname
