-- Returns of installed extension $1 its version, the version that ALTER EXTENSION … UPDATE TO $2
-- (the default version if it is NULL) leads to, whether there is a path to it, and the owner.
SELECT e.extversion, target.version,
       EXISTS (SELECT FROM pg_catalog.pg_extension_update_paths(e.extname) p
                WHERE p.source OPERATOR(pg_catalog.=) e.extversion
                  AND p.target OPERATOR(pg_catalog.=) target.version AND p.path IS NOT NULL),
       e.extowner
  FROM pg_catalog.pg_extension e
  LEFT JOIN pg_catalog.pg_available_extensions a ON a.name OPERATOR(pg_catalog.=) e.extname
 CROSS JOIN LATERAL (VALUES (COALESCE($2::pg_catalog.text, a.default_version))) target(version)
 WHERE e.extname OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name
