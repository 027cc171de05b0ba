-- Returns the columns of a partition key, and whether it has expressions.
CREATE FUNCTION @extschema@.fc_partition_keys(relation oid) RETURNS TABLE (columns text[], has_expression boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/partition_keys.sql@
$fn$;
