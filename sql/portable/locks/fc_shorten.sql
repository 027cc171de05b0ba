-- The beginning of a statement on one line.
CREATE FUNCTION @extschema@.fc_shorten(query text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT @extschema@.fc_printable(CASE WHEN length(l.line) > 80 THEN left(l.line, 80) || '...' ELSE l.line END)
  FROM (SELECT rtrim(regexp_replace(left(@extschema@.fc_without_comments(query), 4000), '\s+', ' ', 'g'), '; ')) l (line)
$fn$;
