-- Returns the sequences that a default of a table in schemas $1 draws from, with the roles that
-- have INSERT on the table but neither USAGE nor UPDATE on the sequence; one row for each sequence.
-- Skips identity columns, which need no privilege on their sequence, and members of extensions.
--
-- The roles are those that INSERT was granted to, and the owner; 0 is PUBLIC. A role without LOGIN
-- is left out if it has members and all of them inherit INSERT and may draw from the sequence.
WITH drawn AS MATERIALIZED (
SELECT f.adrelid AS relation, f.adnum AS attribute, d.refobjid AS sequence
  FROM pg_catalog.pg_attrdef f
  JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 2604 AND d.objid OPERATOR(pg_catalog.=) f.oid
                             AND d.refclassid OPERATOR(pg_catalog.=) 1259
  JOIN pg_catalog.pg_sequence q ON q.seqrelid OPERATOR(pg_catalog.=) d.refobjid
 WHERE f.adbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
UNION
SELECT a.attrelid, a.attnum, d.refobjid
  FROM pg_catalog.pg_type y
  JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 1247 AND d.objid OPERATOR(pg_catalog.=) y.oid
                             AND d.refclassid OPERATOR(pg_catalog.=) 1259
  JOIN pg_catalog.pg_sequence q ON q.seqrelid OPERATOR(pg_catalog.=) d.refobjid
  JOIN pg_catalog.pg_attribute a ON a.atttypid OPERATOR(pg_catalog.=) y.oid
 WHERE y.typtype OPERATOR(pg_catalog.=) 'd'
   AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.atthasdef AND NOT a.attisdropped AND a.attidentity OPERATOR(pg_catalog.=) ''
), fed AS MATERIALIZED (
SELECT d.sequence, d.relation, d.attribute, c.relowner, c.relacl,
       -- If nothing was granted or revoked, the owner of both may insert and draw, and no other role
       -- may insert.
       c.relacl IS NULL AND s.relacl IS NULL AND s.relowner OPERATOR(pg_catalog.=) c.relowner AS is_default
  FROM drawn d
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.relation
  JOIN pg_catalog.pg_class s ON s.oid OPERATOR(pg_catalog.=) d.sequence
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f,v}'::pg_catalog."char"[])
   AND n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
), writers AS (
SELECT f.sequence, f.relation, f.attribute, f.relowner, e.grantee
  FROM fed f
 CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(f.relacl, pg_catalog.acldefault('r', f.relowner))) e
 WHERE NOT f.is_default AND e.privilege_type OPERATOR(pg_catalog.=) 'INSERT'
UNION
SELECT f.sequence, f.relation, f.attribute, f.relowner, e.grantee
  FROM fed f
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) f.relation
 CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) e
 WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
   AND e.privilege_type OPERATOR(pg_catalog.=) 'INSERT'
), forbidden AS (
SELECT w.sequence, w.relation, w.attribute, w.grantee, r.rolname
  FROM writers w
  JOIN pg_catalog.pg_class sc ON sc.oid OPERATOR(pg_catalog.=) w.sequence
  LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) w.grantee
 WHERE NOT (sc.relacl IS NULL AND sc.relowner OPERATOR(pg_catalog.=) w.grantee)
   AND NOT coalesce(pg_catalog.has_sequence_privilege(w.grantee, w.sequence, 'USAGE, UPDATE'), true)
   AND (r.oid IS NOT NULL OR w.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid)
   AND (w.grantee OPERATOR(pg_catalog.=) w.relowner
     OR coalesce(r.rolcanlogin, false)
     OR coalesce((
        -- Whether an INSERT of any member would fail; NULL without members. Every role is a member
        -- of PUBLIC.
        SELECT pg_catalog.bool_or(NOT (w.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR pg_catalog.pg_has_role(m.oid, w.grantee, 'USAGE'))
                               OR NOT coalesce(pg_catalog.has_sequence_privilege(m.oid, w.sequence, 'USAGE, UPDATE'), true))
          FROM pg_catalog.pg_roles m
         WHERE m.rolcanlogin AND NOT m.rolsuper
           AND (w.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR pg_catalog.pg_has_role(m.oid, w.grantee, 'MEMBER'))), true))
)
SELECT sn.nspname::pg_catalog.text, sc.relname::pg_catalog.text,
       (pg_catalog.array_agg(n.nspname::pg_catalog.text ORDER BY o.place))[1],
       (pg_catalog.array_agg(c.relname::pg_catalog.text ORDER BY o.place))[1],
       (pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY o.place))[1],
       pg_catalog.count(DISTINCT x.relation),
       pg_catalog.array_agg(DISTINCT x.rolname::pg_catalog.text) FILTER (WHERE x.rolname IS NOT NULL),
       pg_catalog.bool_or(x.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid)
  FROM forbidden x
  JOIN pg_catalog.pg_class sc ON sc.oid OPERATOR(pg_catalog.=) x.sequence
  JOIN pg_catalog.pg_namespace sn ON sn.oid OPERATOR(pg_catalog.=) sc.relnamespace
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) x.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) x.relation AND a.attnum OPERATOR(pg_catalog.=) x.attribute
 -- The column that owns the sequence comes first; then columns by name, those of partitions last.
 CROSS JOIN LATERAL (
        SELECT ROW(NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                                WHERE d.classid OPERATOR(pg_catalog.=) 1259 AND d.objid OPERATOR(pg_catalog.=) x.sequence
                                  AND d.refclassid OPERATOR(pg_catalog.=) 1259 AND d.refobjid OPERATOR(pg_catalog.=) x.relation
                                  AND d.refobjsubid OPERATOR(pg_catalog.=) x.attribute),
                   c.relispartition, n.nspname, c.relname, a.attname) AS place
       ) o
 GROUP BY sn.nspname, sc.relname
 ORDER BY sn.nspname, sc.relname
