-- Returns of version $2 of extension $1 (the default version if it is NULL) the extensions that it
-- requires and are not installed, and the schema that it must be in.
SELECT ARRAY(SELECT required.name::pg_catalog.text
               FROM pg_catalog.unnest(v.requires) required(name)
              WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) required.name)),
       CASE WHEN NOT v.relocatable THEN v.schema::pg_catalog.text END
  FROM pg_catalog.pg_available_extensions a
  JOIN pg_catalog.pg_available_extension_versions v ON v.name OPERATOR(pg_catalog.=) a.name
 WHERE a.name OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name
   AND v.version OPERATOR(pg_catalog.=) COALESCE($2::pg_catalog.text, a.default_version)
