-- Returns the regular expression for the names of options whose values are left out.
CREATE FUNCTION @extschema@.fc_snap_confidential()
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT
    @snapshot/confidential@
$fn$;
