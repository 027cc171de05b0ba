-- The template of a formula with its names filled in. The catalogue has U+0001 for a zero byte.
CREATE FUNCTION @extschema@.fc_filled(template text, names jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT replace(replace(replace(replace(replace(template, '{each}', coalesce(names ->> 'each', '')), '{database}', names ->> 'database'),
               '{schema}', coalesce(names ->> 'schema', '')), '{table}', coalesce(names ->> 'table', '')), '{name}', coalesce(names ->> 'name', ''))
$fn$;
