-- Returns the columns' defaults if they are constants.
CREATE FUNCTION @extschema@.fc_constant_defaults(relation oid, attributes int2[])
RETURNS TABLE (defaults text[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/constant_defaults.sql@
$fn$;
