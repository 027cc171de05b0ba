-- Whether the time is less than a minute ago. A time without a time zone is compared with the
-- clocks of all time zones.
CREATE FUNCTION @extschema@.fc_is_fresh(row_ jsonb, place text, is_utc boolean DEFAULT false) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT coalesce(CASE WHEN is_utc OR (row_ ->> (place || 'zone'))::boolean THEN abs(a.age) < 60000000
                     ELSE abs(a.age) < 50460000000 AND abs(a.age - round(a.age / 900000000.0) * 900000000) < 60000000
                          OR abs(a.now - (row_ ->> (place || 'local'))::bigint) < 60000000 END, false)
  FROM (SELECT n.now, n.now - (row_ ->> (place || 'utc'))::bigint FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) n (now)) a (now, age)
$fn$;
