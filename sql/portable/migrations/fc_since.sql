-- Returns "2026-11-22 03:00:00+00 (2 h 5 min ago)"; without the age for a time without a time zone.
CREATE FUNCTION @extschema@.fc_since(row_ jsonb, place text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN row_ ->> (place || 'utc') IS NULL THEN row_ ->> place
            WHEN NOT (row_ ->> (place || 'zone'))::boolean OR a.age < 0 THEN row_ ->> place
            ELSE format('%s (%s ago)', row_ ->> place, @extschema@.fc_in_words(a.age)) END
  FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - (row_ ->> (place || 'utc'))::bigint) a (age)
$fn$;
