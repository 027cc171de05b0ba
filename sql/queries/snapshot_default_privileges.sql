-- Returns the default privileges of schemas $1 and, if $2, those that are not limited to a schema:
-- what is granted or, with a minus sign, revoked, compared with the system's own, with an asterisk
-- for the grant option.
SELECT 826::pg_catalog.oid, d.oid, n.oid, 'default privileges',
       pg_catalog.concat_ws(' ', 'for role', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)::pg_catalog.text),
           CASE WHEN n.oid IS NOT NULL THEN pg_catalog.concat('in schema ', pg_catalog.quote_ident(n.nspname)) END, 'on', k.words),
       NULL::pg_catalog.text,
       (SELECT pg_catalog.string_agg(pg_catalog.concat(r.role, ': ', r.words), '; ' ORDER BY r.role)
          FROM (
                SELECT CASE WHEN g.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)::pg_catalog.text) END AS role,
                       pg_catalog.string_agg(pg_catalog.concat(g.sign, g.privilege_type, CASE WHEN g.is_grantable THEN '*' END), ', ' ORDER BY g.sign, g.privilege_type) AS words
                  FROM (
                        (SELECT a.grantee, a.privilege_type, a.is_grantable, '' AS sign FROM pg_catalog.aclexplode(d.defaclacl) a
                         EXCEPT
                         SELECT a.grantee, a.privilege_type, a.is_grantable, '' FROM pg_catalog.aclexplode(u.usual) a)
                        UNION ALL
                        (SELECT a.grantee, a.privilege_type, a.is_grantable, '-' FROM pg_catalog.aclexplode(u.usual) a
                         EXCEPT
                         SELECT a.grantee, a.privilege_type, a.is_grantable, '-' FROM pg_catalog.aclexplode(d.defaclacl) a)
                       ) g
                 GROUP BY g.grantee
               ) r),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_default_acl d
  JOIN (VALUES ('r'::pg_catalog."char", 'r'::pg_catalog."char", 'tables'), ('S', 's', 'sequences'), ('f', 'f', 'functions'), ('T', 'T', 'types'),
               ('n', 'n', 'schemas'), ('L', 'L', 'large objects')) k (letter, acl_letter, words)
    ON k.letter OPERATOR(pg_catalog.=) d.defaclobjtype
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) d.defaclnamespace
 CROSS JOIN LATERAL (SELECT CASE WHEN n.oid IS NULL THEN pg_catalog.acldefault(k.acl_letter, d.defaclrole) END AS usual) u
 WHERE d.defaclnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
    OR $2::pg_catalog.bool AND d.defaclnamespace OPERATOR(pg_catalog.=) 0
