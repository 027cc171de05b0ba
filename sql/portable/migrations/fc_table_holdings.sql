-- Returns the locks that other sessions and prepared transactions hold on a table, except those of
-- readers and maintenance, the worst first: src/locks/table_lock.rs.
CREATE FUNCTION @extschema@.fc_table_holdings(locks jsonb, sessions jsonb, direct jsonb, reached jsonb, on_table oid, named text)
RETURNS TABLE (status text, reason text, remedy text, fix text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    l record; session jsonb; related record; roots jsonb; waiters jsonb; idle_for bigint; orphan_after constant bigint := @extschema@.fc_orphan_after(); ending text; holds text;
BEGIN
    FOR l IN
        WITH held AS MATERIALIZED (
            SELECT k.pid, k.mode, k.virtual_transaction FROM jsonb_to_recordset(locks) k (kind int, relation oid, database_oid oid, pid int, mode text, granted boolean, virtual_transaction text)
             WHERE k.kind = 1 AND k.relation = on_table AND k.granted AND k.pid IS DISTINCT FROM pg_backend_pid()
               AND k.database_oid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
               AND NOT coalesce((sessions #>> ARRAY[k.pid::text, 'is_maintenance'])::boolean, false)
        )
        SELECT DISTINCT ON (h.pid, CASE WHEN h.pid IS NULL THEN h.virtual_transaction END) h.*
          FROM held h
         WHERE NOT EXISTS (SELECT FROM held o WHERE coalesce(o.pid, 0) <> coalesce(h.pid, 0) AND reached -> h.pid::text @> to_jsonb(coalesce(o.pid, 0)))
         ORDER BY h.pid, CASE WHEN h.pid IS NULL THEN h.virtual_transaction END,
                  array_position('{AccessExclusiveLock,ExclusiveLock,ShareRowExclusiveLock,ShareLock,ShareUpdateExclusiveLock,RowExclusiveLock,RowShareLock}', h.mode)
    LOOP
        remedy := NULL; fix := NULL;
        IF l.pid IS NULL THEN
            status := 'prepared_transaction';
            reason := format('%s holds %s on %s', coalesce((SELECT 'prepared transaction ' || @extschema@.fc_literal(p.gid) FROM jsonb_to_recordset(locks) t (kind int, pid int, virtual_transaction text, transaction text)
                        JOIN @extschema@.fc_prepared_transactions() p ON p.transaction = t.transaction WHERE t.kind = 2 AND t.pid IS NULL AND t.virtual_transaction = l.virtual_transaction LIMIT 1), 'a prepared transaction'), l.mode, named);
            RETURN NEXT;
            CONTINUE;
        END IF;
        session := sessions -> l.pid::text;
        CONTINUE WHEN session IS NULL;
        IF (session ->> 'is_idle')::boolean THEN
            SELECT * INTO related FROM @extschema@.fc_related(locks, sessions, direct, reached, session, on_table);
            idle_for := (session ->> 'state_age')::bigint;
        ELSE
            SELECT '[]'::jsonb AS in_the_way, NULL::jsonb AS stuck, '[]'::jsonb AS reading INTO related;
            idle_for := NULL;
        END IF;
        waiters := coalesce((SELECT jsonb_agg(sessions -> w.pid::text ORDER BY w.pid) FROM (SELECT DISTINCT k.pid FROM jsonb_to_recordset(locks) k (kind int, relation oid, pid int)
                    WHERE k.kind = 1 AND k.relation = on_table AND k.pid <> l.pid AND reached -> k.pid::text @> to_jsonb(l.pid)) w WHERE sessions ? w.pid::text), '[]');
        roots := coalesce((SELECT jsonb_agg(sessions -> r.pid ORDER BY r.pid::int) FROM jsonb_array_elements_text(reached -> l.pid::text) r (pid) WHERE NOT direct ? r.pid AND sessions ? r.pid), '[]');
        status := @extschema@.fc_lock_status(true, false, waiters <> '[]', coalesce(idle_for >= orphan_after, false), related.in_the_way <> '[]', related.stuck IS NOT NULL, true, false, 'no');
        holds := format('%s holds %s on %s', @extschema@.fc_session(session), l.mode, named);
        reason := @extschema@.fc_join(ARRAY[CASE status
                WHEN 'orphan' THEN holds
                WHEN 'self_blocked' THEN format('%s and waits for its program''s other session, which waits for it in turn: %s', holds, @extschema@.fc_session_activity(related.stuck))
                WHEN 'idle_holder' THEN holds || '; no session waits, but most tools only try to acquire the lock, or soon give up'
                ELSE @extschema@.fc_session_with_statement(holds || CASE WHEN session ->> 'work' IN ('schema', 'writes', 'written') THEN ' and is at work' ELSE '' END, session) END,
            CASE WHEN related.in_the_way <> '[]' THEN @extschema@.fc_session_list(related.in_the_way, 'activity') END,
            CASE WHEN waiters <> '[]' THEN format('%s for it: %s', CASE jsonb_array_length(waiters) WHEN 1 THEN '1 session waits' ELSE format('%s sessions wait', jsonb_array_length(waiters)) END, @extschema@.fc_session_list(waiters, 'session')) END,
            CASE WHEN status = 'orphan' AND related.reading <> '[]' THEN @extschema@.fc_session_list(related.reading, 'activity') END,
            'it waits for ' || @extschema@.fc_session_list(roots, 'statement')]);
        ending := CASE WHEN session ->> 'backend_start' IS NOT NULL AND session ->> 'state_change' IS NOT NULL THEN
            format('SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = %s AND backend_start = ''%s'' AND state_change = ''%s'';', l.pid, session ->> 'backend_start', session ->> 'state_change') END;
        remedy := CASE status WHEN 'idle_holder' THEN 'once no migration is running, this ends the session: ' || ending WHEN 'self_blocked' THEN 'cancel that statement and run it outside the migration' END;
        fix := CASE WHEN status = 'orphan' THEN ending END;
        RETURN NEXT;
    END LOOP;
END $fn$;
