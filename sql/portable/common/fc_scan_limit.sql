-- Returns the setting pg_flightcheck.scan_limit in bytes; 1 GB by default. A number without a unit is
-- in kilobytes, as for the library.
CREATE FUNCTION @extschema@.fc_scan_limit()
RETURNS bigint LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN s.value ~ '^\s*[0-9]+\s*$' THEN s.value::bigint * 1024 ELSE coalesce(pg_size_bytes(s.value), 1073741824) END
  FROM (SELECT nullif(current_setting('pg_flightcheck.scan_limit', true), '') AS value) s
$fn$;
