-- Returns the unique indexes that a foreign key could refer to.
CREATE FUNCTION @extschema@.fc_fk_keys(relation oid, numbers int2[])
RETURNS TABLE (columns int2[], classes oid[], is_immediate boolean, is_usable boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/fk_precheck_keys.sql@
$fn$;
