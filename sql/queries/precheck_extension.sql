-- Returns of extension $1 whether it is installed, available, for superusers only, and trusted, and
-- the OID and the owner of the installed one.
SELECT e.oid IS NOT NULL, a.name IS NOT NULL, COALESCE(v.superuser, true), COALESCE(v.trusted, false), e.oid, e.extowner
  FROM (VALUES ($1::pg_catalog.text)) wanted(name)
  LEFT JOIN pg_catalog.pg_extension e ON e.extname OPERATOR(pg_catalog.=) wanted.name::pg_catalog.name
  LEFT JOIN pg_catalog.pg_available_extensions a ON a.name OPERATOR(pg_catalog.=) wanted.name::pg_catalog.name
  LEFT JOIN pg_catalog.pg_available_extension_versions v
    ON v.name OPERATOR(pg_catalog.=) a.name AND v.version OPERATOR(pg_catalog.=) a.default_version
