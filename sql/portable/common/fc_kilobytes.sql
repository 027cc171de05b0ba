-- Returns a size as settings are written.
CREATE FUNCTION @extschema@.fc_kilobytes(bytes bigint)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN bytes < 10485760 THEN (bytes + 1023) / 1024 || 'kB' ELSE (bytes + 1048575) / 1048576 || 'MB' END
$fn$;
