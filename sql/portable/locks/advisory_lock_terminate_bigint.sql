-- Does the same for a bigint key, as tools print it.
CREATE FUNCTION @extschema@.advisory_lock_terminate(lock_key bigint, min_idle interval DEFAULT '1 minute', dry_run boolean DEFAULT true)
RETURNS TABLE (outcome text, pid integer, role name, application_name text, idle_for interval, detail text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT * FROM @extschema@.advisory_lock_terminate(lock_key::text, min_idle, dry_run)
$fn$;
