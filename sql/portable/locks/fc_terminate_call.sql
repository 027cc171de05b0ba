-- Returns the call that ends the idle holders of a lock.
CREATE FUNCTION @extschema@.fc_terminate_call(key text, min_idle bigint) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT format('SELECT * FROM @extschema@.advisory_lock_terminate(%s, min_idle => ''%s s'', dry_run => false);', @extschema@.fc_literal(key), min_idle / 1000000)
$fn$;
