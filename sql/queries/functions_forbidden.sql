-- Returns the functions that a default, a generated column, a CHECK constraint or a policy of a
-- table in schemas $1 calls, with the roles that may insert into the table, or to which the policy
-- applies and which have the privilege for its command, but may not execute the function; one row
-- for each function. Columns 2 and 3 are one of the tables, column 4 is the number of tables.
--
-- The roles are those that the privilege was granted to, and for defaults and constraints the
-- owner. A role without LOGIN is left out if it has no member that can log in, or if one may
-- execute the function. Skips grants to PUBLIC, superusers and members of extensions.
WITH called AS (
SELECT d.refobjid AS function, COALESCE(f.adrelid, k.conrelid, p.polrelid) AS relation, p.polroles,
       CASE WHEN p.oid IS NULL OR p.polcmd OPERATOR(pg_catalog.=) 'a' THEN 'INSERT'
            WHEN p.polcmd OPERATOR(pg_catalog.=) 'w' THEN 'UPDATE'
            WHEN p.polcmd OPERATOR(pg_catalog.=) 'd' THEN 'DELETE'
            ELSE 'SELECT' END AS privilege,
       p.oid IS NOT NULL AS is_policy
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_proc r ON r.oid OPERATOR(pg_catalog.=) d.refobjid
  LEFT JOIN pg_catalog.pg_attrdef f ON d.classid OPERATOR(pg_catalog.=) 2604 AND f.oid OPERATOR(pg_catalog.=) d.objid
  LEFT JOIN pg_catalog.pg_constraint k ON d.classid OPERATOR(pg_catalog.=) 2606 AND k.oid OPERATOR(pg_catalog.=) d.objid
  LEFT JOIN pg_catalog.pg_policy p ON d.classid OPERATOR(pg_catalog.=) 3256 AND p.oid OPERATOR(pg_catalog.=) d.objid
 WHERE d.classid OPERATOR(pg_catalog.=) ANY ('{2604,2606,3256}'::pg_catalog.oid[])
   AND d.refclassid OPERATOR(pg_catalog.=) 1255
   -- Every role may execute a function that nothing was granted or revoked on.
   AND r.proacl IS NOT NULL
), user_of AS (
SELECT DISTINCT x.function, x.relation, r.oid, r.rolname::pg_catalog.text AS role, r.rolcanlogin
  FROM called x
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) x.relation
 CROSS JOIN LATERAL (
        SELECT c.relowner AS role WHERE NOT x.is_policy
         UNION
        SELECT e.grantee
          FROM pg_catalog.aclexplode(c.relacl) e
         WHERE e.grantee OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
           AND e.privilege_type OPERATOR(pg_catalog.=) x.privilege
       ) g
  JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) g.role
 WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT r.rolsuper
   AND (NOT x.is_policy
     OR (c.relrowsecurity
         AND NOT r.rolbypassrls
         AND (0::pg_catalog.oid OPERATOR(pg_catalog.=) ANY (x.polroles) OR r.oid OPERATOR(pg_catalog.=) ANY (x.polroles))
         AND (r.oid OPERATOR(pg_catalog.<>) c.relowner OR c.relforcerowsecurity)))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
)
SELECT u.function::pg_catalog.regprocedure::pg_catalog.text, (pg_catalog.array_agg(n.nspname::pg_catalog.text ORDER BY n.nspname, c.relname))[1],
       (pg_catalog.array_agg(c.relname::pg_catalog.text ORDER BY n.nspname, c.relname))[1], pg_catalog.count(DISTINCT u.relation),
       pg_catalog.array_agg(DISTINCT u.role)
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
