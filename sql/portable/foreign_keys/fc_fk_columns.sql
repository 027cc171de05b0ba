-- Returns the columns of these names, in their order.
CREATE FUNCTION @extschema@.fc_fk_columns(relation oid, names text[])
RETURNS TABLE (number int2, type oid, collation_oid oid, generated "char", type_name text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/fk_precheck_columns.sql@
$fn$;
