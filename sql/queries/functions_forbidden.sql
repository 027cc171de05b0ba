-- Returns the functions that a table or view in schemas $1 calls when it is used, with the roles
-- that have the privilege for that use, but may not execute the function; one row for each
-- function. Columns 2 and 3 are one of the tables, column 4 is the number of tables, column 6 is
-- what calls it.
--
-- The server executes them as the role that runs the statement, in views and rules too. The roles
-- are those that the privilege was granted to, on the table or a column, and except for policies
-- the owner. A role without LOGIN is left out if it has no member that can log in, or if one may
-- execute the function. Skips grants to PUBLIC, superusers and members of extensions.
--
-- Column `columns` limits an UPDATE to these columns; NULL means any.
WITH dependent AS (
SELECT d.classid, d.objid, d.refobjid AS function
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_proc r ON r.oid OPERATOR(pg_catalog.=) d.refobjid
 WHERE d.classid OPERATOR(pg_catalog.=) ANY ('{1247,1259,2604,2606,2618,2620,3256}'::pg_catalog.oid[])
   AND d.refclassid OPERATOR(pg_catalog.=) 1255
   -- Every role may execute a function that nothing was granted or revoked on.
   AND r.proacl IS NOT NULL
), called AS (
SELECT d.function, f.adrelid AS relation, CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) '' THEN '{INSERT}' ELSE '{INSERT,UPDATE}' END::pg_catalog.text[] AS privileges,
       ARRAY(SELECT u.refobjsubid::pg_catalog.int2 FROM pg_catalog.pg_depend u
              WHERE u.classid OPERATOR(pg_catalog.=) 2604 AND u.objid OPERATOR(pg_catalog.=) f.oid
                AND u.refclassid OPERATOR(pg_catalog.=) 1259 AND u.refobjid OPERATOR(pg_catalog.=) f.adrelid) AS columns,
       CASE WHEN a.attgenerated OPERATOR(pg_catalog.=) '' THEN 'a default' ELSE 'a generated column' END AS caller, NULL::pg_catalog.oid[] AS roles
  FROM dependent d
  JOIN pg_catalog.pg_attrdef f ON d.classid OPERATOR(pg_catalog.=) 2604 AND f.oid OPERATOR(pg_catalog.=) d.objid
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) f.adrelid AND a.attnum OPERATOR(pg_catalog.=) f.adnum
 UNION ALL
SELECT d.function, k.conrelid, '{INSERT,UPDATE}', NULL, 'a CHECK constraint', NULL
  FROM dependent d
  JOIN pg_catalog.pg_constraint k ON d.classid OPERATOR(pg_catalog.=) 2606 AND k.oid OPERATOR(pg_catalog.=) d.objid
 WHERE k.contype OPERATOR(pg_catalog.=) 'c'
   AND k.conrelid OPERATOR(pg_catalog.<>) 0
 UNION ALL
SELECT d.function, a.attrelid, '{INSERT,UPDATE}', ARRAY[a.attnum], 'a domain', NULL
  FROM dependent d
  JOIN pg_catalog.pg_constraint k ON d.classid OPERATOR(pg_catalog.=) 2606 AND k.oid OPERATOR(pg_catalog.=) d.objid
  JOIN pg_catalog.pg_attribute a ON k.contypid OPERATOR(pg_catalog.<>) 0 AND a.atttypid OPERATOR(pg_catalog.=) k.contypid
 WHERE NOT a.attisdropped
 UNION ALL
SELECT d.function, a.attrelid, '{INSERT}', NULL, 'the default of a domain', NULL
  FROM dependent d
  JOIN pg_catalog.pg_attribute a ON d.classid OPERATOR(pg_catalog.=) 1247 AND a.atttypid OPERATOR(pg_catalog.=) d.objid
  JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
 WHERE t.typtype OPERATOR(pg_catalog.=) 'd'
   AND t.typdefaultbin IS NOT NULL
   AND NOT a.atthasdef
   AND NOT a.attisdropped
 UNION ALL
SELECT d.function, t.tgrelid,
       pg_catalog.array_remove(ARRAY[CASE WHEN (t.tgtype OPERATOR(pg_catalog.&) 4::pg_catalog.int2) OPERATOR(pg_catalog.<>) 0 THEN 'INSERT' END,
           CASE WHEN (t.tgtype OPERATOR(pg_catalog.&) 8::pg_catalog.int2) OPERATOR(pg_catalog.<>) 0 THEN 'DELETE' END,
           CASE WHEN (t.tgtype OPERATOR(pg_catalog.&) 16::pg_catalog.int2) OPERATOR(pg_catalog.<>) 0 THEN 'UPDATE' END], NULL),
       CASE WHEN pg_catalog.cardinality(t.tgattr::pg_catalog.int2[]) OPERATOR(pg_catalog.>) 0 THEN t.tgattr::pg_catalog.int2[] END,
       'the condition of a trigger', NULL
  FROM dependent d
  JOIN pg_catalog.pg_trigger t ON d.classid OPERATOR(pg_catalog.=) 2620 AND t.oid OPERATOR(pg_catalog.=) d.objid
 -- The function that a trigger executes needs no privilege.
 WHERE t.tgfoid OPERATOR(pg_catalog.<>) d.function
   AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[])
 UNION ALL
SELECT d.function, x.indrelid, '{INSERT,UPDATE}', NULL, 'an index', NULL
  FROM dependent d
  JOIN pg_catalog.pg_index x ON d.classid OPERATOR(pg_catalog.=) 1259 AND x.indexrelid OPERATOR(pg_catalog.=) d.objid
 WHERE x.indisready
 UNION ALL
SELECT d.function, p.partrelid, '{INSERT}', NULL, 'a partition key', NULL
  FROM dependent d
  JOIN pg_catalog.pg_partitioned_table p ON d.classid OPERATOR(pg_catalog.=) 1259 AND p.partrelid OPERATOR(pg_catalog.=) d.objid
 UNION ALL
SELECT d.function, w.ev_class, ARRAY[CASE WHEN w.ev_type OPERATOR(pg_catalog.=) '1' THEN 'SELECT'
            WHEN w.ev_type OPERATOR(pg_catalog.=) '2' THEN 'UPDATE'
            WHEN w.ev_type OPERATOR(pg_catalog.=) '3' THEN 'INSERT'
            ELSE 'DELETE' END], NULL, CASE WHEN w.ev_type OPERATOR(pg_catalog.=) '1' THEN 'a query' ELSE 'a rule' END, NULL
  FROM dependent d
  JOIN pg_catalog.pg_rewrite w ON d.classid OPERATOR(pg_catalog.=) 2618 AND w.oid OPERATOR(pg_catalog.=) d.objid
  JOIN pg_catalog.pg_class v ON v.oid OPERATOR(pg_catalog.=) w.ev_class
 -- Only REFRESH runs the query of a materialized view.
 WHERE v.relkind OPERATOR(pg_catalog.<>) 'm'
   AND w.ev_enabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[])
 UNION ALL
SELECT d.function, p.polrelid, ARRAY[CASE WHEN p.polcmd OPERATOR(pg_catalog.=) 'a' THEN 'INSERT'
            WHEN p.polcmd OPERATOR(pg_catalog.=) 'w' THEN 'UPDATE'
            WHEN p.polcmd OPERATOR(pg_catalog.=) 'd' THEN 'DELETE'
            ELSE 'SELECT' END], NULL, 'a policy', p.polroles
  FROM dependent d
  JOIN pg_catalog.pg_policy p ON d.classid OPERATOR(pg_catalog.=) 3256 AND p.oid OPERATOR(pg_catalog.=) d.objid
), user_of AS (
SELECT DISTINCT x.function, x.relation, x.caller, r.oid, r.rolname::pg_catalog.text AS role, r.rolcanlogin
  FROM called x
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) x.relation
 CROSS JOIN LATERAL (
        SELECT c.relowner AS role WHERE x.roles IS NULL
         UNION
        SELECT e.grantee
          FROM pg_catalog.aclexplode(c.relacl) e
         WHERE e.grantee OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
           AND e.privilege_type OPERATOR(pg_catalog.=) ANY (x.privileges)
         UNION
        SELECT e.grantee
          FROM pg_catalog.pg_attribute a
         CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) e
         WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
           AND a.attacl IS NOT NULL
           AND NOT a.attisdropped
           AND e.grantee OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
           AND e.privilege_type OPERATOR(pg_catalog.=) ANY (x.privileges)
           AND (e.privilege_type OPERATOR(pg_catalog.<>) 'UPDATE' OR x.columns IS NULL OR a.attnum OPERATOR(pg_catalog.=) ANY (x.columns))
       ) g
  JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) g.role
 WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,f}'::pg_catalog."char"[])
   AND NOT r.rolsuper
   AND (x.roles IS NULL
     OR (c.relrowsecurity
         AND NOT r.rolbypassrls
         AND (0::pg_catalog.oid OPERATOR(pg_catalog.=) ANY (x.roles) OR r.oid OPERATOR(pg_catalog.=) ANY (x.roles))
         AND (r.oid OPERATOR(pg_catalog.<>) c.relowner OR c.relforcerowsecurity)))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
)
SELECT u.function::pg_catalog.regprocedure::pg_catalog.text, (pg_catalog.array_agg(n.nspname::pg_catalog.text ORDER BY n.nspname, c.relname))[1],
       (pg_catalog.array_agg(c.relname::pg_catalog.text ORDER BY n.nspname, c.relname))[1], pg_catalog.count(DISTINCT u.relation),
       pg_catalog.array_agg(DISTINCT u.role), pg_catalog.array_agg(DISTINCT u.caller)
  FROM user_of u
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) u.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE NOT COALESCE(pg_catalog.has_function_privilege(u.oid, u.function, 'EXECUTE'), true)
   AND (u.rolcanlogin
     OR (SELECT pg_catalog.bool_and(NOT pg_catalog.has_function_privilege(m.oid, u.function, 'EXECUTE'))
           FROM pg_catalog.pg_roles m
          WHERE m.rolcanlogin
            AND NOT m.rolsuper
            AND pg_catalog.pg_has_role(m.oid, u.oid, 'MEMBER')))
 GROUP BY u.function
 ORDER BY 1
