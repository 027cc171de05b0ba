-- The one rule for a lock's status.
CREATE FUNCTION @extschema@.fc_lock_status(is_granted boolean, is_prepared boolean, is_awaited boolean, is_idle_for_long boolean,
    is_at_work_elsewhere boolean, is_self_blocked boolean, is_migrations boolean, is_idle_on_purpose boolean, leak text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN NOT is_granted THEN 'waiting'
            WHEN is_prepared THEN 'prepared_transaction'
            WHEN is_self_blocked THEN 'self_blocked'
            WHEN leak = 'certain' THEN 'pooler_leak'
            WHEN is_awaited AND NOT is_at_work_elsewhere AND NOT is_idle_on_purpose AND is_idle_for_long THEN 'orphan'
            WHEN leak = 'likely' THEN 'pooler_leak'
            WHEN is_awaited THEN 'blocking'
            WHEN is_migrations AND NOT is_at_work_elsewhere AND NOT is_idle_on_purpose AND is_idle_for_long THEN 'idle_holder'
            ELSE 'held' END
$fn$;
