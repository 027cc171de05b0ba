-- Returns the privileges that others than the owner have on relation $1 and that a new relation of
-- role $2 in schema $3 does not get by default: the grantee, and the privileges as GRANT lists them.
SELECT CASE WHEN r.rolname IS NULL THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r.rolname) END,
       pg_catalog.string_agg(DISTINCT a.privilege_type, ', '), a.is_grantable, a.grantee
  FROM pg_catalog.pg_class c
 CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
  LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) a.grantee
 WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND a.grantee OPERATOR(pg_catalog.<>) c.relowner
   AND a.grantee OPERATOR(pg_catalog.<>) $2::pg_catalog.oid
   AND (a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR r.oid IS NOT NULL)
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_default_acl d
         CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) given
         WHERE d.defaclrole OPERATOR(pg_catalog.=) $2::pg_catalog.oid
           AND d.defaclnamespace OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, $3::pg_catalog.oid])
           AND d.defaclobjtype OPERATOR(pg_catalog.=)
               CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'S' THEN 'S'::pg_catalog."char" ELSE 'r'::pg_catalog."char" END
           AND given.grantee OPERATOR(pg_catalog.=) a.grantee
           AND given.privilege_type OPERATOR(pg_catalog.=) a.privilege_type
           AND given.is_grantable OPERATOR(pg_catalog.>=) a.is_grantable
       )
 GROUP BY r.rolname, a.grantee, a.is_grantable
 ORDER BY r.rolname, a.is_grantable
