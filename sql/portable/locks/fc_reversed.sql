-- Reverses the order of the bytes.
CREATE FUNCTION @extschema@.fc_reversed(data bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT coalesce(string_agg(substr(data, i, 1), '' ORDER BY i DESC), '') FROM generate_series(1, length(data)) i
$fn$;
