-- Returns the constraints of tables and domains in schemas $1 that are NOT VALID or (from version
-- 18) NOT ENFORCED, except foreign keys and members of extensions. Skips one that is inherited from
-- a parent in these schemas: it is validated with the parent's.
WITH open AS MATERIALIZED (
SELECT k.oid, k.conname, k.conrelid, k.contypid, k.contype, k.coninhcount, k.connoinherit, k.conkey,
       -- The column does not exist before version 18.
       coalesce(pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced', 'true') AS is_enforced
  FROM pg_catalog.pg_constraint k
 WHERE NOT k.convalidated
   AND k.contype OPERATOR(pg_catalog.<>) 'f'
)
SELECT n.nspname::pg_catalog.text, o.name, k.conname::pg_catalog.text, o.is_domain,
       k.is_enforced OPERATOR(pg_catalog.=) 'true', k.contype OPERATOR(pg_catalog.=) 'n'
  FROM open k
 CROSS JOIN LATERAL (
        SELECT c.relname::pg_catalog.text AS name, c.relnamespace AS schema, false AS is_domain, 1259 AS class, c.oid
          FROM pg_catalog.pg_class c
         WHERE c.oid OPERATOR(pg_catalog.=) k.conrelid
         UNION ALL
        SELECT t.typname::pg_catalog.text, t.typnamespace, true, 1247, t.oid
          FROM pg_catalog.pg_type t
         WHERE t.oid OPERATOR(pg_catalog.=) k.contypid
       ) o
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.schema
 WHERE n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) o.class::pg_catalog.oid AND e.objid OPERATOR(pg_catalog.=) o.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_inherits i
          JOIN open p ON p.conrelid OPERATOR(pg_catalog.=) i.inhparent
          JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.conrelid
         WHERE i.inhrelid OPERATOR(pg_catalog.=) k.conrelid
           AND k.coninhcount OPERATOR(pg_catalog.>) 0
           AND p.contype OPERATOR(pg_catalog.=) k.contype
           AND p.is_enforced OPERATOR(pg_catalog.=) k.is_enforced
           AND NOT p.connoinherit
           AND c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
           -- NOT NULL constraints correspond by their column: the names may differ.
           AND (p.conname OPERATOR(pg_catalog.=) k.conname
             OR (k.contype OPERATOR(pg_catalog.=) 'n'
                 AND EXISTS (SELECT FROM pg_catalog.pg_attribute a
                               JOIN pg_catalog.pg_attribute b ON b.attname OPERATOR(pg_catalog.=) a.attname
                              WHERE a.attrelid OPERATOR(pg_catalog.=) p.conrelid AND a.attnum OPERATOR(pg_catalog.=) p.conkey[1]
                                AND b.attrelid OPERATOR(pg_catalog.=) k.conrelid AND b.attnum OPERATOR(pg_catalog.=) k.conkey[1]))))
 ORDER BY n.nspname, o.name, k.conname
