-- Whether another program is unlikely to use the key by chance.
CREATE FUNCTION @extschema@.fc_is_distinctive(key text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN key ~ ':' THEN true
            WHEN key ~ ',' THEN greatest(abs(split_part(key, ',', 1)::bigint), abs(split_part(key, ',', 2)::bigint)) >= 1000000
            ELSE abs(key::numeric) >= 1000000 END
$fn$;
