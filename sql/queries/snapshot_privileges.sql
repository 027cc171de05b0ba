-- Returns the privileges that were granted or, with a minus sign, revoked, compared with those that
-- an object has by default or from initdb or its extension: to whom, and with an asterisk for the
-- grant option. Column 4 is the column's name. Column 7 describes an object of the system or an
-- extension, which a snapshot does not contain otherwise; not all of them have initial privileges.
-- Leaves out information_schema, as pg_dump does. Most objects have the same privileges as many
-- others, so each different list is compared once.
WITH object AS MATERIALIZED (
SELECT o.class, o.oid, o.sub, o.part, o.acl, o.schema, COALESCE(i.initprivs, o.usual) AS usual,
       pg_catalog.concat(o.acl, ' ', COALESCE(i.initprivs, o.usual)) AS list
  FROM (
        SELECT 1259::pg_catalog.oid AS class, c.oid, 0 AS sub, '' AS part, c.relacl AS acl,
               pg_catalog.acldefault(CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 's'::pg_catalog."char" ELSE 'r' END, c.relowner) AS usual, c.relnamespace AS schema
          FROM pg_catalog.pg_class c
         WHERE c.relacl IS NOT NULL
         UNION ALL
        SELECT 1259, a.attrelid, a.attnum, pg_catalog.concat('column ', a.attname), a.attacl, NULL, (SELECT c.relnamespace FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) a.attrelid)
          FROM pg_catalog.pg_attribute a
         WHERE a.attacl IS NOT NULL
           AND NOT a.attisdropped
         UNION ALL
        SELECT 1255, p.oid, 0, '', p.proacl, pg_catalog.acldefault('f', p.proowner), p.pronamespace
          FROM pg_catalog.pg_proc p
         WHERE p.proacl IS NOT NULL
         UNION ALL
        SELECT 1247, t.oid, 0, '', t.typacl, pg_catalog.acldefault('T', t.typowner), t.typnamespace
          FROM pg_catalog.pg_type t
         WHERE t.typacl IS NOT NULL
         UNION ALL
        SELECT 2615, n.oid, 0, '', n.nspacl, pg_catalog.acldefault('n', n.nspowner), n.oid
          FROM pg_catalog.pg_namespace n
         WHERE n.nspacl IS NOT NULL
         UNION ALL
        SELECT 2612, l.oid, 0, '', l.lanacl, pg_catalog.acldefault('l', l.lanowner), NULL
          FROM pg_catalog.pg_language l
         WHERE l.lanacl IS NOT NULL
         UNION ALL
        SELECT 2328, w.oid, 0, '', w.fdwacl, pg_catalog.acldefault('F', w.fdwowner), NULL
          FROM pg_catalog.pg_foreign_data_wrapper w
         WHERE w.fdwacl IS NOT NULL
         UNION ALL
        SELECT 1417, s.oid, 0, '', s.srvacl, pg_catalog.acldefault('S', s.srvowner), NULL
          FROM pg_catalog.pg_foreign_server s
         WHERE s.srvacl IS NOT NULL
         UNION ALL
        SELECT 1262, d.oid, 0, '', d.datacl, pg_catalog.acldefault('d', d.datdba), NULL
          FROM pg_catalog.pg_database d
         WHERE d.datacl IS NOT NULL
           AND d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
       ) o
  LEFT JOIN pg_catalog.pg_init_privs i
    ON i.classoid OPERATOR(pg_catalog.=) o.class
   AND i.objoid OPERATOR(pg_catalog.=) o.oid
   AND i.objsubid OPERATOR(pg_catalog.=) o.sub
), changed AS MATERIALIZED (
SELECT d.list, CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(g.grantee)::pg_catalog.text END AS role,
       pg_catalog.string_agg(pg_catalog.concat(g.sign, g.privilege_type, CASE WHEN g.is_grantable THEN '*' END), ', ' ORDER BY g.sign, g.privilege_type) AS words
  FROM (SELECT DISTINCT ON (o.list) o.list, o.acl, o.usual FROM object o ORDER BY o.list) d
 CROSS JOIN LATERAL (
        (SELECT a.grantee, a.privilege_type, a.is_grantable, '' AS sign FROM pg_catalog.aclexplode(d.acl) a
         EXCEPT
         SELECT a.grantee, a.privilege_type, a.is_grantable, '' FROM pg_catalog.aclexplode(d.usual) a)
        UNION ALL
        (SELECT a.grantee, a.privilege_type, a.is_grantable, '-' FROM pg_catalog.aclexplode(d.usual) a
         EXCEPT
         SELECT a.grantee, a.privilege_type, a.is_grantable, '-' FROM pg_catalog.aclexplode(d.acl) a)
       ) g
 GROUP BY d.list, g.grantee
)
SELECT o.class, o.oid, o.sub, o.part, c.role, c.words,
       CASE WHEN m.objid IS NOT NULL
              OR o.oid OPERATOR(pg_catalog.<) 16384
             AND o.class OPERATOR(pg_catalog.<>) 1262
             AND (o.class OPERATOR(pg_catalog.<>) 2615 OR o.oid OPERATOR(pg_catalog.<>) 2200)
            THEN (SELECT pg_catalog.concat(CASE WHEN o.sub OPERATOR(pg_catalog.>) 0 THEN 'column' ELSE x.type END, ' ', x.identity)
                    FROM pg_catalog.pg_identify_object(o.class, o.oid, o.sub) x) END
  FROM object o
  JOIN changed c ON c.list OPERATOR(pg_catalog.=) o.list
  LEFT JOIN (
        SELECT d.classid, d.objid
          FROM pg_catalog.pg_depend d
         WHERE d.refclassid OPERATOR(pg_catalog.=) 3079
           AND d.deptype OPERATOR(pg_catalog.=) 'e'
       ) m
    ON m.classid OPERATOR(pg_catalog.=) o.class
   AND m.objid OPERATOR(pg_catalog.=) o.oid
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n
                    WHERE n.oid OPERATOR(pg_catalog.=) o.schema
                      AND n.nspname OPERATOR(pg_catalog.=) 'information_schema')
