-- Spells a name under which an object is used by others, as src/snapshot/used_names.rs does.
CREATE FUNCTION @extschema@.fc_used_name(name text)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN name ~ '^[a-z_][a-z0-9_]*$' THEN name ELSE '"' || replace(name, '"', '""') || '"' END
$fn$;
