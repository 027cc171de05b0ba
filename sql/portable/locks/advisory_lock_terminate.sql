-- Ends the idle holders of a lock, as src/locks/terminate.rs does. A session whose activity is
-- hidden from the caller is skipped.
CREATE FUNCTION @extschema@.advisory_lock_terminate(lock_key text, min_idle interval DEFAULT '1 minute', dry_run boolean DEFAULT true)
RETURNS TABLE (outcome text, pid integer, role name, application_name text, idle_for interval, detail text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    key text; database_name text := current_database(); target oid; place text; other text; held record; again record; words text;
BEGIN
    PERFORM @extschema@.fc_refuse_null('lock_key', lock_key IS NULL);
    PERFORM @extschema@.fc_refuse_null('min_idle', min_idle IS NULL);
    PERFORM @extschema@.fc_refuse_null('dry_run', dry_run IS NULL);
    key := @extschema@.fc_parse_lock_key(split_part(lock_key, '@', 1));
    IF key IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '22P02', MESSAGE = format('invalid advisory lock key: "%s"', lock_key),
            HINT = 'Give a bigint (''72707369''), two integers (''1004,-55''), or classid:objid:objsubid as in pg_locks (''0:72707369:1''), each with @database after it if the lock is in another database.';
    END IF;
    IF min_idle < '0' THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = '"min_idle" must not be negative', HINT = 'Use ''0'' to end a session however briefly it has been idle.';
    END IF;
    IF strpos(lock_key, '@') > 0 THEN database_name := substr(lock_key, strpos(lock_key, '@') + 1); END IF;
    target := (SELECT d.oid FROM pg_database d WHERE d.datname = database_name);
    IF target IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = '3D000', MESSAGE = format('database "%s" does not exist', database_name),
            HINT = 'Database names are case-sensitive here. List them with \l in psql.';
    END IF;
    FOR held IN SELECT * FROM @extschema@.fc_lock_holders(target, key) h LOOP
        place := 'found';
        IF held.pid IS NULL THEN
            outcome := 'skipped'; pid := NULL; role := held.role; application_name := NULL; idle_for := NULL;
            detail := CASE WHEN held.prepared_gid IS NULL THEN 'the prepared transaction has already ended'
                           ELSE format('a prepared transaction has no session; run ROLLBACK PREPARED %s;', @extschema@.fc_literal(held.prepared_gid)) END;
            RETURN NEXT;
            CONTINUE;
        END IF;
        pid := held.pid; role := held.session ->> 'role'; application_name := held.session ->> 'application';
        words := CASE WHEN held.status IN ('orphan', 'self_blocked', 'pooler_leak', 'idle_holder')
                      THEN format('%s: %s', CASE held.status WHEN 'self_blocked' THEN 'self-blocked' ELSE replace(held.status, '_', ' ') END, held.reason) END;
        detail := @extschema@.fc_terminate_refusal(to_jsonb(held), min_idle);
        outcome := CASE WHEN detail IS NULL THEN 'would_terminate' ELSE 'skipped' END;
        IF detail IS NULL AND NOT dry_run THEN
            -- Another process may have the process id by now.
            SELECT * INTO again FROM @extschema@.fc_lock_holders(target, key) h WHERE h.pid = held.pid AND h.session ->> 'backend_start' = held.session ->> 'backend_start';
            detail := CASE WHEN again.pid IS NULL THEN 'it has already released the lock' ELSE @extschema@.fc_terminate_refusal(to_jsonb(again), min_idle) END;
            outcome := CASE WHEN detail IS NULL THEN 'terminated' ELSE 'skipped' END;
            IF detail IS NULL THEN
                held := again;
                BEGIN
                    PERFORM pg_terminate_backend(held.pid);
                    FOR i IN 1 .. 250 LOOP
                        PERFORM pg_stat_clear_snapshot();
                        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = held.pid AND a.backend_start = (held.session ->> 'backend_start')::timestamptz);
                        PERFORM pg_sleep(0.02);
                        IF i = 250 THEN outcome := 'signalled'; detail := 'it has not ended yet, but may have released the lock'; END IF;
                    END LOOP;
                EXCEPTION WHEN insufficient_privilege OR object_not_in_prerequisite_state THEN
                    outcome := 'skipped'; detail := sqlerrm;
                END;
            END IF;
        END IF;
        detail := coalesce(detail, words);
        idle_for := CASE WHEN (held.session ->> 'may_be_ended')::boolean AND (held.session ->> 'is_idle')::boolean THEN (held.session ->> 'state_for')::interval END;
        RETURN NEXT;
    END LOOP;
    IF place IS NULL THEN
        other := (SELECT d.datname FROM @extschema@.fc_lock_table(target) l JOIN pg_database d ON d.oid = l.database_oid
                   WHERE l.kind = 0 AND l.granted AND @extschema@.fc_lock_key(l.classid, l.objid, l.objsubid) = key ORDER BY 1 LIMIT 1);
        place := CASE WHEN database_name = current_database() THEN 'this database' ELSE 'database ' || quote_ident(database_name) END;
        IF other IS NULL THEN
            RAISE NOTICE 'no session holds advisory lock % in %', key, place;
        ELSE
            RAISE NOTICE USING MESSAGE = format('no session holds advisory lock %s in %s', key, place), DETAIL = format('It is held in database %I.', other),
                HINT = format('Use %s as the key to refer to it.', @extschema@.fc_literal(key || '@' || other));
        END IF;
    END IF;
END $fn$;
