-- Returns how many large objects each role owns, and how many have a comment, and the privileges
-- that were granted or, with a minus sign, revoked on them, each with the number of large objects.
SELECT 'owner'::pg_catalog.text, pg_catalog.pg_get_userbyid(m.lomowner)::pg_catalog.text, pg_catalog.count(*), NULL::pg_catalog.text
  FROM pg_catalog.pg_largeobject_metadata m
 GROUP BY m.lomowner
 UNION ALL
SELECT 'comment', '', pg_catalog.count(*), pg_catalog.string_agg(d.description, ',' ORDER BY d.objoid)
  FROM pg_catalog.pg_description d
 WHERE d.classoid OPERATOR(pg_catalog.=) 2613
HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0
 UNION ALL
SELECT 'label', l.provider, pg_catalog.count(*), pg_catalog.string_agg(l.label, ',' ORDER BY l.objoid)
  FROM pg_catalog.pg_seclabel l
 WHERE l.classoid OPERATOR(pg_catalog.=) 2613
 GROUP BY l.provider
 UNION ALL
SELECT 'privilege', pg_catalog.concat(CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)::pg_catalog.text) END, ': ', g.sign, g.privilege_type,
           CASE WHEN g.is_grantable THEN '*' END), pg_catalog.count(*), NULL
  FROM pg_catalog.pg_largeobject_metadata m
 CROSS JOIN LATERAL (
        (SELECT a.grantee, a.privilege_type, a.is_grantable, '' AS sign FROM pg_catalog.aclexplode(m.lomacl) a
         EXCEPT
         SELECT a.grantee, a.privilege_type, a.is_grantable, '' FROM pg_catalog.aclexplode(pg_catalog.acldefault('L', m.lomowner)) a)
        UNION ALL
        (SELECT a.grantee, a.privilege_type, a.is_grantable, '-' FROM pg_catalog.aclexplode(pg_catalog.acldefault('L', m.lomowner)) a
         EXCEPT
         SELECT a.grantee, a.privilege_type, a.is_grantable, '-' FROM pg_catalog.aclexplode(m.lomacl) a)
       ) g
 WHERE m.lomacl IS NOT NULL
 GROUP BY g.grantee, g.sign, g.privilege_type, g.is_grantable
