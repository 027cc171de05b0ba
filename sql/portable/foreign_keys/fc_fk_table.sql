-- Returns a table as fk_precheck judges it.
CREATE FUNCTION @extschema@.fc_fk_table(relation oid)
RETURNS TABLE (schema_name text, table_name text, kind "char", persistence "char", is_partition boolean, owner text, is_owned boolean, is_others_temporary boolean,
    bytes bigint, row_count bigint, leaf_schemas text[], leaf_names text[], has_foreign_leaf boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/fk_precheck_table.sql@
$fn$;
