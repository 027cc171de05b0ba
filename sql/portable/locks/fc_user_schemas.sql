-- Returns the schemas that are not the system's.
CREATE FUNCTION @extschema@.fc_user_schemas() RETURNS TABLE (oid oid, schema_name text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/user_schemas.sql@
$fn$;
