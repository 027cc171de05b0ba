-- Replaces control characters, which a terminal might act upon.
CREATE FUNCTION @extschema@.fc_printable(words text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT regexp_replace(words, '[\u0001-\u001f\u007f-\u009f]', '?', 'g')
$fn$;
