-- Why a session that holds the lock must not be ended; NULL if it may be.
CREATE FUNCTION @extschema@.fc_terminate_refusal(holder jsonb, min_idle interval) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    held record;
    session jsonb := holder -> 'session';
    anyway text := format('to end it anyway: SELECT pg_terminate_backend(%s);', holder ->> 'pid');
BEGIN
    SELECT h.pid, h.lock_key, h.mode, h.status, h.reason, h.related INTO held
      FROM jsonb_to_record(holder) h (pid int, lock_key text, mode text, status text, reason text, related jsonb);
    session := nullif(session, 'null');
    IF held.pid = pg_backend_pid() THEN
        RETURN 'it is the calling session' || CASE WHEN held.lock_key ~ ':' THEN ''
            ELSE format('; run SELECT %s(%s);', CASE held.mode WHEN 'ShareLock' THEN 'pg_advisory_unlock_shared' ELSE 'pg_advisory_unlock' END, held.lock_key) END;
    ELSIF session IS NULL THEN
        RETURN 'it has already ended';
    ELSIF NOT coalesce((session ->> 'may_be_ended')::boolean, false) THEN
        RETURN format('permission denied: pg_signal_backend or membership in %s is required, and superuser for a superuser''s session',
                      coalesce('role ' || quote_ident(session ->> 'role'), 'its role'));
    ELSIF session ->> 'state' IS NULL THEN
        RETURN format('its activity is hidden, so it may be at work; GRANT pg_read_all_stats TO %I; shows it', current_user);
    ELSIF NOT (session ->> 'is_idle')::boolean OR session ->> 'state_age' IS NULL THEN
        RETURN CASE WHEN session ->> 'state' = 'disabled' THEN 'track_activities is off for it, so it may be at work'
                    WHEN session ->> 'work' IN ('schema', 'writes', 'written') THEN @extschema@.fc_session_activity(session)
                    ELSE 'it is active' END;
    ELSIF (session ->> 'state_for')::interval < min_idle THEN
        RETURN format('it has been idle for only %s', @extschema@.fc_in_words((session ->> 'state_age')::bigint));
    ELSIF held.status = 'self_blocked' THEN
        RETURN format('self-blocked: %s; %s', held.reason, anyway);
    ELSIF held.related <> '[]' THEN
        RETURN format('%s; %s', @extschema@.fc_session_list(held.related, 'activity'), anyway);
    END IF;
    RETURN NULL;
END $fn$;
