-- a, b and c
CREATE FUNCTION @extschema@.fc_series(items text[], conjunction text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE coalesce(cardinality(items), 0) WHEN 0 THEN '' WHEN 1 THEN items[1]
       ELSE array_to_string(items[1:cardinality(items) - 1], ', ') || conjunction || items[cardinality(items)] END
$fn$;
