-- A duration in at most two units: 59 s, 3 min 20 s, 2 d 4 h.
CREATE FUNCTION @extschema@.fc_in_words(microseconds bigint) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN d.seconds < 1 THEN 'under 1 s' ELSE (
         SELECT format('%s %s', d.seconds / u.length, u.name)
                || CASE WHEN u.part > 0 AND d.seconds % u.length >= u.part
                        THEN format(' %s %s', d.seconds % u.length / u.part, u.next) ELSE '' END
           FROM (VALUES ('d', 86400, 'h', 3600), ('h', 3600, 'min', 60), ('min', 60, 's', 1), ('s', 1, '', 0))
                u (name, length, next, part)
          WHERE d.seconds >= u.length ORDER BY u.length DESC LIMIT 1) END
  FROM (SELECT microseconds / 1000000) d (seconds)
$fn$;
