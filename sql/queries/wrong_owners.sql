-- Returns the objects in schemas $1 that do not belong to their right owner: role $2 or, if $2 is
-- NULL, the role that owns more than half of the schema's tables and sequences, if there are at
-- least three. Each row tells whether that role is known to be the right owner, because it was named or
-- owns the schema or the database, and whether it has the present owner's privileges anyway.
--
-- Where no role owns more than half, or a superuser does and other roles own objects as well, the
-- right owner is not known. One row of kind `unclear` then has the owners, how many objects each
-- owns and whether it is a superuser, most objects first.
--
-- A view or a SECURITY DEFINER function may have another owner on purpose: it runs with its owner's
-- privileges. If $2 is NULL, these are skipped. The order of the rows is one in which the owners
-- can be changed: a new owner needs CREATE on the schema first.
--
-- Skips members of extensions and what follows another object's owner: row, array and multirange
-- types, range constructors, sequences that a column owns.
WITH object AS (
SELECT o.class::pg_catalog.oid, o.oid, o.schema, o.owner, o.step, o.kind, o.name
  FROM (
        SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS class, c.oid, c.relnamespace AS schema, c.relowner AS owner,
               k.step, k.kind, c.relname AS name
          FROM pg_catalog.pg_class c
          JOIN (VALUES ('r'::pg_catalog."char", 9, 'table'), ('p', 9, 'table'), ('f', 9, 'foreign table'), ('v', 10, 'view'),
                       ('m', 11, 'materialized view'), ('S', 8, 'sequence')) k (relkind, step, kind)
            ON k.relkind OPERATOR(pg_catalog.=) c.relkind
         UNION ALL
        SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, t.typnamespace, t.typowner,
               3, CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN 'domain' ELSE 'type' END, t.typname
          FROM pg_catalog.pg_type t
         WHERE t.typtype OPERATOR(pg_catalog.<>) 'p'
         UNION ALL
        SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, l.oid, l.collnamespace, l.collowner, 2, 'collation', l.collname
          FROM pg_catalog.pg_collation l
         UNION ALL
        SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass, v.oid, v.connamespace, v.conowner, 5, 'conversion', v.conname
          FROM pg_catalog.pg_conversion v
         UNION ALL
        SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, d.oid, d.dictnamespace, d.dictowner,
               5, 'text search dictionary', d.dictname
          FROM pg_catalog.pg_ts_dict d
         UNION ALL
        SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, f.oid, f.cfgnamespace, f.cfgowner,
               5, 'text search configuration', f.cfgname
          FROM pg_catalog.pg_ts_config f
         UNION ALL
        SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, s.stxnamespace, s.stxowner, 12, 'statistics', s.stxname
          FROM pg_catalog.pg_statistic_ext s
         UNION ALL -- the objects from here on are not identified by their name
        SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.pronamespace, p.proowner,
               4, CASE WHEN p.prokind OPERATOR(pg_catalog.=) 'p' THEN 'procedure'
                       WHEN p.prokind OPERATOR(pg_catalog.=) 'a' THEN 'aggregate'
                       ELSE 'function' END, NULL
          FROM pg_catalog.pg_proc p
         UNION ALL
        SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, o.oid, o.oprnamespace, o.oprowner, 6, 'operator', NULL
          FROM pg_catalog.pg_operator o
         UNION ALL
        SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, f.oid, f.opfnamespace, f.opfowner, 7, 'operator family', NULL
          FROM pg_catalog.pg_opfamily f
         UNION ALL
        SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, c.oid, c.opcnamespace, c.opcowner, 7, 'operator class', NULL
          FROM pg_catalog.pg_opclass c
       ) o
 WHERE o.oid OPERATOR(pg_catalog.>=) 16384 -- the system's objects have lower OIDs
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) o.class::pg_catalog.oid AND e.objid OPERATOR(pg_catalog.=) o.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d
         WHERE d.classid OPERATOR(pg_catalog.=) o.class
           AND d.objid OPERATOR(pg_catalog.=) o.oid
           AND d.objsubid OPERATOR(pg_catalog.=) 0
           AND (d.deptype OPERATOR(pg_catalog.=) 'i'
             OR d.deptype OPERATOR(pg_catalog.=) 'a' AND d.refobjsubid OPERATOR(pg_catalog.>) 0 AND o.kind OPERATOR(pg_catalog.=) 'sequence')
       )
), shares AS MATERIALIZED (
        SELECT o.schema, o.owner, pg_catalog.count(*) AS own, pg_catalog.sum(pg_catalog.count(*)) OVER (PARTITION BY o.schema) AS total
          FROM object o
         -- Only tables and sequences count, and each partitioned table once: any role may create
         -- many types, and partitions may be many.
         WHERE o.step OPERATOR(pg_catalog.=) ANY ('{8,9}'::pg_catalog.int4[])
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) o.oid AND c.relispartition)
         GROUP BY o.schema, o.owner
), majority AS MATERIALIZED (
SELECT s.schema, s.owner, r.rolsuper AND EXISTS (
        SELECT FROM object o
          JOIN pg_catalog.pg_roles x ON x.oid OPERATOR(pg_catalog.=) o.owner AND NOT x.rolsuper
         WHERE o.schema OPERATOR(pg_catalog.=) s.schema
           AND o.kind OPERATOR(pg_catalog.<>) 'view'
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc f
                            WHERE o.step OPERATOR(pg_catalog.=) 4 AND f.oid OPERATOR(pg_catalog.=) o.oid AND f.prosecdef)
       ) AS is_unclear
  FROM shares s
  JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) s.owner
 WHERE s.own OPERATOR(pg_catalog.*) 2 OPERATOR(pg_catalog.>) s.total
   AND s.total OPERATOR(pg_catalog.>=) 3
), schema AS (
SELECT n.oid, n.nspname, n.nspowner, m.owner,
       n.nspowner OPERATOR(pg_catalog.<>) m.owner
       AND NOT (n.nspname OPERATOR(pg_catalog.=) 'public'
            -- The bootstrap superuser, pg_database_owner.
            AND n.nspowner OPERATOR(pg_catalog.=) ANY ('{10,6171}'::pg_catalog.oid[]))
       -- A schema that has only an extension's objects may keep its owner.
       AND (NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extnamespace OPERATOR(pg_catalog.=) n.oid)
         OR EXISTS (SELECT FROM object o WHERE o.schema OPERATOR(pg_catalog.=) n.oid)) AS is_wrong
  FROM pg_catalog.pg_namespace n
  LEFT JOIN majority j ON j.schema OPERATOR(pg_catalog.=) n.oid AND NOT j.is_unclear
 CROSS JOIN LATERAL (SELECT COALESCE($2::pg_catalog.oid, j.owner) AS owner) m
 WHERE n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 2615 AND e.objid OPERATOR(pg_catalog.=) n.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
), unclear AS (
SELECT s.oid, s.nspname, o.owner, pg_catalog.count(*) AS own, r.rolname, r.rolsuper
  FROM schema s
  JOIN object o ON o.schema OPERATOR(pg_catalog.=) s.oid
  JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) o.owner
 WHERE s.owner IS NULL
   AND EXISTS (
        SELECT FROM shares h
          LEFT JOIN majority j ON j.schema OPERATOR(pg_catalog.=) h.schema
         WHERE h.schema OPERATOR(pg_catalog.=) s.oid
           AND h.total OPERATOR(pg_catalog.>=) 3
           AND COALESCE(j.is_unclear, true)
       )
 GROUP BY s.oid, s.nspname, o.owner, r.rolname, r.rolsuper
), wrong AS (
SELECT s.oid, s.nspname, 0 AS step, 'schema' AS kind, NULL::pg_catalog.name AS name,
       pg_catalog.quote_ident(s.nspname) AS identity, s.nspowner AS owner, s.owner AS right_owner
  FROM schema s
 WHERE s.is_wrong
 UNION ALL
SELECT s.oid, s.nspname, o.step, o.kind, o.name,
       CASE WHEN o.name IS NULL THEN (pg_catalog.pg_identify_object(o.class, o.oid, 0)).identity
            ELSE pg_catalog.format('%I.%I', s.nspname, o.name) END, o.owner, s.owner
  FROM object o
  JOIN schema s ON s.oid OPERATOR(pg_catalog.=) o.schema
 WHERE o.owner OPERATOR(pg_catalog.<>) s.owner
   AND ($2::pg_catalog.oid IS NOT NULL
     OR o.kind OPERATOR(pg_catalog.<>) 'view'
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc f
                         WHERE o.step OPERATOR(pg_catalog.=) 4 AND f.oid OPERATOR(pg_catalog.=) o.oid AND f.prosecdef))
 UNION ALL -- a schema that keeps its owner, but in which the objects' new owner needs CREATE
SELECT s.oid, s.nspname, 1, 'privilege', NULL, pg_catalog.quote_ident(s.nspname), s.nspowner, s.owner
  FROM schema s
 WHERE ($2::pg_catalog.oid IS NULL OR NOT s.is_wrong)
   AND NOT pg_catalog.has_schema_privilege(s.owner, s.oid, 'CREATE')
   AND EXISTS (
        SELECT FROM object o
         WHERE o.schema OPERATOR(pg_catalog.=) s.oid
           AND o.owner OPERATOR(pg_catalog.<>) s.owner
       )
)
SELECT r.* FROM (
SELECT w.nspname, w.step, w.name,
       w.kind, w.identity, pg_catalog.pg_get_userbyid(w.owner)::pg_catalog.text, pg_catalog.pg_get_userbyid(w.right_owner)::pg_catalog.text,
       $2::pg_catalog.oid IS NOT NULL
         OR EXISTS (SELECT FROM pg_catalog.pg_namespace n
                     WHERE n.oid OPERATOR(pg_catalog.=) w.oid AND n.nspowner OPERATOR(pg_catalog.=) w.right_owner)
         OR EXISTS (SELECT FROM pg_catalog.pg_database b
                     WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database() AND b.datdba OPERATOR(pg_catalog.=) w.right_owner),
       pg_catalog.pg_has_role(w.right_owner, w.owner, 'USAGE'),
       NULL::pg_catalog.text[], NULL::pg_catalog.int8[], NULL::pg_catalog.bool[], w.nspname::pg_catalog.text AS schema_name
  FROM wrong w
 WHERE w.identity IS NOT NULL -- NULL if the object no longer exists
 UNION ALL
SELECT u.nspname, 0, NULL, 'unclear', pg_catalog.quote_ident(u.nspname), NULL, NULL, false, false,
       pg_catalog.array_agg(u.rolname::pg_catalog.text ORDER BY u.own DESC, u.rolname),
       pg_catalog.array_agg(u.own ORDER BY u.own DESC, u.rolname), pg_catalog.array_agg(u.rolsuper ORDER BY u.own DESC, u.rolname),
       u.nspname::pg_catalog.text
  FROM unclear u
 GROUP BY u.nspname
       ) r
 ORDER BY r.nspname, r.step, r.kind, r.name, r.identity
