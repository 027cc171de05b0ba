-- Returns the version that the operating system now provides of collation $1, or, if $1 is NULL, of
-- the default collation of database $2. NULL if the provider has no versions.
SELECT CASE WHEN $1::pg_catalog.oid IS NULL THEN pg_catalog.pg_database_collation_actual_version($2::pg_catalog.oid)
            ELSE pg_catalog.pg_collation_actual_version($1::pg_catalog.oid) END
