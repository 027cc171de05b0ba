-- The version that the system provides of collation $1 now; of database $2, if $1 is NULL. NULL where there are no versions.
SELECT CASE WHEN $1::pg_catalog.oid IS NULL THEN pg_catalog.pg_database_collation_actual_version($2::pg_catalog.oid)
            ELSE pg_catalog.pg_collation_actual_version($1::pg_catalog.oid) END
