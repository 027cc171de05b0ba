-- Returns the rows of advisory_lock_report, or those of the holders of one lock, as
-- src/locks/report.rs and src/locks/advice.rs do.
CREATE FUNCTION @extschema@.fc_locks(of_database oid DEFAULT NULL, of_key text DEFAULT NULL)
RETURNS TABLE (status text, lock_key text, tool text, granted boolean, pid int, waits_for int[], blocks int[], role text, application_name text,
    client_addr inet, state text, since timestamptz, scope text, mode text, database text, evidence text, query text, reason text, remedy text, fix text,
    purpose text, subject_schema text, subject_table text, session jsonb, in_the_way jsonb, other_database text, prepared_gid text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    here constant oid := (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
    orphan_after constant bigint := @extschema@.fc_orphan_after();
    locks jsonb; sessions jsonb; direct jsonb; reached jsonb; named jsonb := '{}'; transactions jsonb; waiters jsonb; others jsonb; roots jsonb; tries jsonb;
    l record; n jsonb; related record; prepared record; leak text; idle_for bigint; is_migrations boolean; is_on_purpose boolean; is_own boolean;
    about text; ending text; granting text; leaked text; words text; waiting_count int; lock_name text; is_read boolean;
BEGIN
    locks := coalesce((SELECT jsonb_agg(to_jsonb(t)) FROM @extschema@.fc_lock_table(here) t), '[]');
    IF NOT EXISTS (SELECT FROM jsonb_to_recordset(locks) k (kind int) WHERE k.kind = 0) THEN RETURN; END IF;
    SELECT w.direct, w.reached INTO direct, reached FROM @extschema@.fc_waits(locks) w;
    sessions := @extschema@.fc_session_map(locks);
    transactions := CASE WHEN EXISTS (SELECT FROM jsonb_to_recordset(locks) k (kind int, pid int) WHERE k.kind = 0 AND k.pid IS NULL)
        THEN (SELECT jsonb_object_agg(t.virtual_transaction, to_jsonb(p)) FROM jsonb_to_recordset(locks) t (kind int, pid int, virtual_transaction text, transaction text)
               JOIN @extschema@.fc_prepared_transactions() p ON p.transaction = t.transaction WHERE t.kind = 2 AND t.pid IS NULL) END;
    -- The tools of the wanted keys, by database, key and application_name.
    FOR l IN SELECT k.database_oid, d.datname, array_agg(@extschema@.fc_lock_key(k.classid, k.objid, k.objsubid)) AS keys,
                    array_agg(nullif(sessions #>> ARRAY[k.pid::text, 'application'], '')) AS applications
               FROM jsonb_to_recordset(locks) k (kind int, database_oid oid, classid bigint, objid bigint, objsubid int, pid int)
               LEFT JOIN pg_database d ON d.oid = k.database_oid
              WHERE k.kind = 0 AND (of_key IS NULL OR of_key = @extschema@.fc_lock_key(k.classid, k.objid, k.objsubid)) AND (of_database IS NULL OR of_database = k.database_oid)
              GROUP BY k.database_oid, d.datname LOOP
        named := named || coalesce((SELECT jsonb_object_agg(format('%s %s %s', l.database_oid, t.lock_key, t.application), to_jsonb(t))
                                      FROM @extschema@.fc_name_keys(l.keys, l.applications, l.database_oid = here, coalesce(l.datname, '')) t), '{}');
    END LOOP;
    FOR l IN SELECT k.*, @extschema@.fc_lock_key(k.classid, k.objid, k.objsubid) AS key, d.datname, sessions -> k.pid::text AS session
               FROM jsonb_to_recordset(locks) k (kind int, database_oid oid, classid bigint, objid bigint, objsubid int, virtual_transaction text, pid int, mode text, granted boolean, wait_start timestamptz)
               LEFT JOIN pg_database d ON d.oid = k.database_oid
              WHERE k.kind = 0 AND (of_key IS NULL OR of_key = @extschema@.fc_lock_key(k.classid, k.objid, k.objsubid) AND k.granted) AND (of_database IS NULL OR of_database = k.database_oid) LOOP
        session := l.session;
        n := named -> format('%s %s %s', l.database_oid, l.key, nullif(session ->> 'application', ''));
        SELECT t.gid, t.owner, t.prepared, t.age INTO prepared FROM jsonb_to_record(transactions -> l.virtual_transaction) t (gid text, owner text, prepared timestamptz, age bigint) WHERE l.pid IS NULL;
        waits_for := CASE WHEN NOT l.granted THEN (SELECT array_agg(b.pid::int ORDER BY b.pid::int) FROM jsonb_array_elements_text(direct -> l.pid::text) b (pid)) END;
        -- The sessions that wait for this lock of this process, directly and then through others.
        waiters := coalesce((SELECT jsonb_agg(DISTINCT w.pid) FROM jsonb_to_recordset(locks) w (kind int, database_oid oid, classid bigint, objid bigint, objsubid int, pid int, granted boolean)
                              WHERE w.kind = 0 AND NOT w.granted AND (w.database_oid, w.classid, w.objid, w.objsubid) = (l.database_oid, l.classid, l.objid, l.objsubid)
                                AND direct -> w.pid::text @> to_jsonb(coalesce(l.pid, 0))), '[]');
        others := CASE WHEN l.granted AND l.pid IS NOT NULL THEN coalesce((SELECT jsonb_agg(DISTINCT w.pid) FROM jsonb_to_recordset(locks) w (kind int, pid int, granted boolean)
                              WHERE w.kind <> 0 AND NOT w.granted AND direct -> w.pid::text @> to_jsonb(l.pid)), '[]') ELSE '[]' END;
        blocks := ARRAY(SELECT x.pid FROM (SELECT w.pid::int FROM jsonb_array_elements_text(waiters) w (pid)
                                           UNION SELECT r.key::int FROM jsonb_each(reached) r, jsonb_array_elements(waiters) w (pid) WHERE r.value @> w.pid) x (pid) WHERE x.pid <> coalesce(l.pid, 0) ORDER BY 1);
        waiting_count := cardinality(blocks);
        IF others <> '[]' THEN
            blocks := ARRAY(SELECT x.pid FROM (SELECT unnest(blocks) UNION SELECT w.pid::int FROM jsonb_array_elements_text(others) w (pid)
                                               UNION SELECT r.key::int FROM jsonb_each(reached) r, jsonb_array_elements(others) w (pid) WHERE r.value @> w.pid) x (pid) WHERE x.pid <> l.pid ORDER BY 1);
        END IF;
        purpose := n ->> 'purpose'; tool := n ->> 'tool'; evidence := n ->> 'evidence'; query := session ->> 'query';
        is_migrations := coalesce(purpose = 'migration', false);
        is_on_purpose := is_migrations AND l.mode = 'ShareLock' OR coalesce(purpose IN ('leader', 'jobs', 'state'), false);
        is_own := coalesce(l.pid = pg_backend_pid(), false);
        idle_for := CASE WHEN (session ->> 'is_idle')::boolean THEN (session ->> 'state_age')::bigint END;
        other_database := CASE WHEN l.database_oid <> here THEN l.datname END;
        lock_name := l.key || coalesce('@' || other_database, '');
        -- A migration tool's lock whose session was last used by another client, as a pooler in
        -- transaction mode leaves it.
        leak := 'no';
        IF query IS NOT NULL AND l.granted AND l.virtual_transaction ~ '/0$' AND session ->> 'state' = 'idle' AND is_migrations AND NOT (n ->> 'is_application')::boolean
           AND @extschema@.fc_statement_kind(query) = 'rows' AND lower(query) !~ 'migrat|changelog|schema_version|schema_history'
           AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(n -> 'tables') t (name) WHERE strpos(lower(query), lower(t.name)) > 0) THEN
            is_read := @extschema@.fc_without_comments(query) ~* '^select(?![a-z])';
            leak := CASE WHEN is_read THEN 'likely' ELSE 'possible' END;
            IF @extschema@.fc_is_distinctive(l.key) AND nullif(session ->> 'application', '') IS NOT NULL
               AND (SELECT count(*) > 0 AND bool_and(sessions #>> ARRAY[w.pid, 'application'] IS DISTINCT FROM session ->> 'application')
                      FROM jsonb_array_elements_text(waiters) w (pid) WHERE sessions #>> ARRAY[w.pid, 'role'] IS NOT DISTINCT FROM session ->> 'role')
               AND EXISTS (SELECT FROM jsonb_each(sessions) o WHERE o.value ->> 'pid' <> session ->> 'pid' AND NOT waiters @> (o.value -> 'pid')
                              AND o.value ->> 'database' = session ->> 'database' AND o.value ->> 'application' = session ->> 'application') THEN
                leak := 'certain';
            END IF;
        END IF;
        IF l.granted AND (session ->> 'is_idle')::boolean AND (cardinality(blocks) > 0 OR is_migrations OR leak <> 'no') THEN
            SELECT * INTO related FROM @extschema@.fc_related(locks, sessions, direct, reached, session, NULL);
        ELSE
            SELECT '[]'::jsonb AS in_the_way, NULL::jsonb AS stuck, '[]'::jsonb AS reading INTO related;
        END IF;
        in_the_way := related.in_the_way;
        status := @extschema@.fc_lock_status(l.granted, l.pid IS NULL, waiting_count > 0, coalesce(idle_for >= orphan_after, false), in_the_way <> '[]',
                                             related.stuck IS NOT NULL, is_migrations, is_on_purpose, leak);
        -- The ends of the chain of waits that begins with the session, except those in waits_for.
        roots := coalesce((SELECT jsonb_agg(coalesce(sessions -> r.pid, jsonb_build_object('pid', r.pid::int)) ORDER BY r.pid::int) FROM jsonb_array_elements_text(reached -> l.pid::text) r (pid)
                            WHERE NOT direct ? r.pid AND (l.granted OR NOT coalesce(direct -> l.pid::text @> r.pid::jsonb, false))), '[]');
        tries := CASE WHEN status <> 'idle_holder' THEN '[]' ELSE coalesce((SELECT jsonb_agg(o.value ORDER BY o.key::int) FROM jsonb_each(sessions) o
                    WHERE o.value ->> 'database_oid' = l.database_oid::text AND (o.value ->> 'is_client')::boolean AND o.key <> l.pid::text AND o.key::int <> pg_backend_pid()
                      AND (o.value ->> 'may_be_read')::boolean AND coalesce((o.value ->> 'state_age')::bigint, 0) < 60000000
                      AND lower(o.value ->> 'query') ~ 'pg_try_advisory' AND l.key !~ ':'
                      AND NOT EXISTS (SELECT FROM unnest(string_to_array(l.key, ',')) k (number) WHERE k.number <> ALL (regexp_split_to_array(o.value ->> 'query', '[^0-9-]')))), '[]') END;
        about := tool || ': ' || (n ->> 'release');
        ending := 'this ends the session: ' || @extschema@.fc_terminate_call(lock_name, CASE WHEN leak = 'no' THEN orphan_after ELSE 0 END);
        leaked := 'if no migration is running and a pooler owns the connection, the lock has leaked, and ' || ending;
        granting := CASE WHEN EXISTS (SELECT FROM jsonb_array_elements(in_the_way) o (session) WHERE o.session ->> 'state' IS NULL)
                         THEN format('GRANT pg_read_all_stats TO %I; shows it', current_user) END;
        words := CASE leak WHEN 'no' THEN NULL WHEN 'certain'
            THEN format('the key is %s''s, but the session''s last statement is another client''s: a pooler in transaction mode has passed on the connection and, with it, the lock; migrate through a direct connection', coalesce(tool, 'a migration tool'))
            ELSE format('the session''s last statement is probably not %s''s', coalesce(tool, 'a migration tool')) END
            || CASE WHEN in_the_way <> '[]' AND status <> 'blocking' THEN '; no fix as long as ' || @extschema@.fc_session_list(in_the_way, 'activity') ELSE '' END;
        reason := CASE status
            WHEN 'orphan' THEN coalesce(@extschema@.fc_state_and_age(session), '')
                || CASE WHEN waiting_count > 0 THEN format(' while %s', CASE WHEN waiting_count = 1 THEN '1 session waits' ELSE format('%s sessions wait', waiting_count) END) ELSE '' END
                || CASE WHEN tool IS NULL THEN '; not a known tool''s key: make sure that the session is not idle on purpose, as a leader is' ELSE '' END
            WHEN 'self_blocked' THEN format('%s waits for its program''s other session, which waits for it in turn: %s', @extschema@.fc_session(session), @extschema@.fc_session_activity(related.stuck))
            WHEN 'pooler_leak' THEN words
            WHEN 'prepared_transaction' THEN CASE WHEN prepared.gid IS NULL THEN 'the transaction has already ended'
                ELSE format('prepared %s ago as %s; it ends with COMMIT PREPARED or ROLLBACK PREPARED%s', @extschema@.fc_in_words(prepared.age), @extschema@.fc_literal(prepared.gid), ' in database ' || quote_ident(other_database)) END
            WHEN 'blocking' THEN @extschema@.fc_join(ARRAY[
                CASE WHEN session IS NULL THEN 'the session has already ended'
                     WHEN session ->> 'state' IS NULL OR session ->> 'state' = 'disabled' THEN @extschema@.fc_hidden_activity(session)
                     WHEN (session ->> 'is_idle')::boolean THEN @extschema@.fc_state_and_age(session) || CASE
                          WHEN in_the_way <> '[]' THEN ', but ' || @extschema@.fc_session_list(in_the_way, 'activity')
                          WHEN is_on_purpose THEN format(', as expected: %s holds this lock for as long as it runs', coalesce(tool, 'a tool'))
                          WHEN leak = 'no' THEN format('; it counts as an orphan once it has been idle for %s (pg_flightcheck.orphan_after)', @extschema@.fc_in_words(orphan_after))
                          ELSE '' END
                     WHEN session ->> 'work' IN ('schema', 'writes', 'written') THEN @extschema@.fc_session_activity(session)
                     ELSE @extschema@.fc_state_and_age(session) END,
                'it waits for ' || @extschema@.fc_session_list(roots, 'statement'), words])
            WHEN 'idle_holder' THEN @extschema@.fc_join(ARRAY[coalesce(@extschema@.fc_state_and_age(session), '') || CASE WHEN tries = '[]'
                     THEN '; no session waits, but most tools only try to acquire the lock, or soon give up'
                     ELSE '; no session waits, but the lock was tried by ' || @extschema@.fc_session_list(tries, 'session') END, words])
            WHEN 'waiting' THEN @extschema@.fc_join(ARRAY['the chain of waits ends at ' || @extschema@.fc_session_list(roots, 'statement'), @extschema@.fc_hidden_activity(session)])
            ELSE coalesce(words, @extschema@.fc_join(ARRAY['it waits for ' || @extschema@.fc_session_list(roots, 'statement'),
                CASE WHEN session ->> 'work' IN ('schema', 'writes', 'written') AND NOT (session ->> 'is_idle')::boolean THEN CASE WHEN is_migrations THEN @extschema@.fc_session_activity(session) END
                     WHEN in_the_way <> '[]' THEN format('%s, but %s', @extschema@.fc_state_and_age(session), @extschema@.fc_session_list(in_the_way, 'activity')) END,
                @extschema@.fc_hidden_activity(session)])) END;
        IF status <> 'waiting' THEN
            reason := @extschema@.fc_join(ARRAY[reason,
                CASE WHEN others <> '[]' AND status <> 'self_blocked' THEN 'waiting for other locks of its session: '
                     || (SELECT @extschema@.fc_session_list(jsonb_agg(sessions -> o.pid ORDER BY o.pid::int), 'statement') FROM jsonb_array_elements_text(others) o (pid) WHERE sessions ? o.pid) END,
                CASE WHEN status = 'orphan' AND related.reading <> '[]' THEN @extschema@.fc_session_list(related.reading, 'activity') END]);
        END IF;
        reason := @extschema@.fc_join(ARRAY[reason, CASE WHEN is_own THEN 'it is the calling session' END]);
        remedy := CASE
            WHEN status = 'orphan' THEN about
            WHEN status = 'self_blocked' THEN coalesce(tool || ': ' || (n ->> 'self_blocked'), 'cancel that statement and run it outside the migration')
            WHEN status = 'pooler_leak' THEN @extschema@.fc_join(ARRAY[about, granting, CASE WHEN leak <> 'certain' THEN leaked END])
            WHEN status = 'idle_holder' THEN CASE WHEN leak = 'possible' THEN leaked ELSE 'once no migration is running, ' || ending END
            WHEN leak = 'possible' AND status IN ('blocking', 'held') THEN @extschema@.fc_join(ARRAY[granting, leaked])
            ELSE granting END;
        fix := CASE
            WHEN is_own THEN NULL
            WHEN status = 'orphan' THEN @extschema@.fc_terminate_call(lock_name, orphan_after)
            WHEN status = 'pooler_leak' AND leak = 'certain' AND in_the_way = '[]' THEN @extschema@.fc_terminate_call(lock_name, 0)
            WHEN status = 'prepared_transaction' AND other_database IS NULL AND prepared.age >= orphan_after AND waiting_count > 0
            THEN format('ROLLBACK PREPARED %s;', @extschema@.fc_literal(prepared.gid)) END;
        lock_key := l.key; granted := l.granted; pid := l.pid; mode := l.mode; database := l.datname; prepared_gid := prepared.gid;
        blocks := nullif(blocks, '{}');
        role := coalesce(session ->> 'role', prepared.owner); application_name := session ->> 'application'; client_addr := (session ->> 'client_addr')::inet;
        state := session ->> 'state'; since := coalesce(l.wait_start, (session ->> 'state_change')::timestamptz, prepared.prepared);
        subject_schema := n ->> 'subject_schema'; subject_table := n ->> 'subject_table';
        scope := CASE WHEN l.granted AND l.virtual_transaction ~ '/0$' THEN 'session' WHEN l.pid IS NULL THEN 'transaction'
                      WHEN NOT l.granted AND lower(query) ~ 'advisory_xact_lock' THEN 'transaction'
                      WHEN NOT l.granted AND lower(query) ~ 'advisory_lock' THEN 'session'
                      ELSE coalesce(n ->> 'scope', 'unknown') END;
        RETURN NEXT;
    END LOOP;
END $fn$;
