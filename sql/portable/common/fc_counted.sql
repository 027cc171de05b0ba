-- Returns "1 row" or "2 rows", for nouns with a regular plural.
CREATE FUNCTION @extschema@.fc_counted(count bigint, noun text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT format('%s %s%s', count, noun, CASE WHEN count = 1 THEN '' ELSE 's' END)
$fn$;
