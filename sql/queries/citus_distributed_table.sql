-- Returns whether Citus keeps the rows of table $1 in other tables, most of them on other nodes.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_dist_partition p
     WHERE p.logicalrelid::pg_catalog.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
)
