-- Quotes a key of a path unless it is a plain word, as quoted_key() of src/snapshot/parse.rs does.
CREATE FUNCTION @extschema@.fc_snap_key(key text)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN key ~ '^\w+$' THEN key ELSE to_jsonb(key)::text END
$fn$;
