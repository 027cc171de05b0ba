-- Words an error as a clause of a detail, as error() of src/report/wording.rs does.
CREATE FUNCTION @extschema@.fc_error(state text, message text, detail text)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN state = '55P03' AND e.detail IS NULL THEN 'could not obtain the lock'
            WHEN state = '55P03' THEN format('%s: %s', message, e.detail)
            WHEN e.detail IS NOT NULL THEN format('%s (%s)', message, e.detail)
            ELSE regexp_replace(message, '([^.])[.]$', E'\\1') END
  FROM (SELECT regexp_replace(nullif(detail, ''), '([^.])[.]$', E'\\1') AS detail) e
$fn$;
