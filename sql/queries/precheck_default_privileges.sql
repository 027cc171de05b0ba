-- Returns the roles for whose tables in schema $1 default privileges are set, if none are set for
-- those of role $2.
SELECT pg_catalog.quote_ident(r.rolname)
  FROM pg_catalog.pg_default_acl d
  JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) d.defaclrole
 WHERE d.defaclnamespace OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND d.defaclobjtype OPERATOR(pg_catalog.=) 'r'
   AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_default_acl own
         WHERE own.defaclobjtype OPERATOR(pg_catalog.=) 'r'
           AND own.defaclrole OPERATOR(pg_catalog.=) $2::pg_catalog.oid
           AND own.defaclnamespace OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, $1::pg_catalog.oid])
       )
 ORDER BY 1
