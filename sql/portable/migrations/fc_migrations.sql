-- Says what the tables of migration tools say, as src/migrations/report.rs does.
CREATE FUNCTION @extschema@.fc_migrations()
RETURNS TABLE (status text, tool text, relation oid, version text, detail text, fix text, lock_status text, is_advisory boolean, is_read boolean, table_name text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    g record; h record; found jsonb; groups jsonb; locks jsonb; sessions jsonb; direct jsonb; reached jsonb; advisory jsonb; lock_rows jsonb; tables jsonb; unread jsonb;
    verdict jsonb; main record; clauses text[]; remedies text[]; waiting text; words text; part_oid oid; is_clean boolean; orphan_fix text; worst text;
BEGIN
    found := (SELECT jsonb_agg(to_jsonb(t)) FROM @extschema@.fc_migration_tables() t);
    IF found IS NULL THEN RETURN; END IF;
    FOR g IN SELECT t.* FROM jsonb_to_recordset(found) t (relation oid, schema_name text, table_name text, kind text, tool text, part text, is_whole boolean, lacking text)
              WHERE NOT (t.is_whole AND t.kind = 'r') AND t.part <> 'metadata' LOOP
        status := 'unknown'; tool := g.tool; relation := g.relation; version := NULL; fix := NULL; lock_status := NULL; is_advisory := false; is_read := false;
        table_name := format('%s %s', g.schema_name, g.table_name);
        detail := CASE WHEN NOT g.is_whole AND g.kind = 'r' THEN format('not as %s creates it: column %s is missing or has another type', g.tool, g.lacking)
                       ELSE CASE g.kind WHEN 'v' THEN 'a view, which is not read' WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table, which is not read'
                                        WHEN 'p' THEN 'a partitioned table, which no tool creates' ELSE 'not a table' END END;
        RETURN NEXT;
    END LOOP;
    locks := coalesce((SELECT jsonb_agg(to_jsonb(t)) FROM @extschema@.fc_lock_table((SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) t), '[]');
    SELECT w.direct, w.reached INTO direct, reached FROM @extschema@.fc_waits(locks) w;
    sessions := @extschema@.fc_session_map(locks);
    advisory := coalesce((SELECT jsonb_object_agg(a.key, a.holders) FROM (
        SELECT k.key, @extschema@.fc_series(array_agg(CASE WHEN k.pid IS NULL THEN 'a prepared transaction' ELSE format('pid %s', k.pid) END ORDER BY k.pid NULLS FIRST), ' and ') AS holders
          FROM (SELECT @extschema@.fc_lock_key(l.classid, l.objid, l.objsubid) AS key, l.pid FROM jsonb_to_recordset(locks) l (kind int, database_oid oid, classid bigint, objid bigint, objsubid int, pid int, granted boolean)
                 WHERE l.kind = 0 AND l.granted AND l.database_oid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()) AND l.pid IS DISTINCT FROM pg_backend_pid()) k
         WHERE k.key !~ '[,:]' GROUP BY k.key) a), '{}');
    lock_rows := CASE WHEN EXISTS (SELECT FROM jsonb_to_recordset(locks) l (kind int, granted boolean, pid int) WHERE l.kind = 0 AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid())
        THEN (SELECT jsonb_agg(jsonb_build_object('status', l.status, 'key', l.lock_key, 'tool', l.tool, 'purpose', l.purpose, 'schema', l.subject_schema, 'table', l.subject_table, 'pid', l.pid,
                                                  'detail', @extschema@.fc_join(ARRAY[l.reason, l.remedy]), 'fix', l.fix) ORDER BY l.lock_key, l.pid)
                FROM @extschema@.fc_locks((SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) l WHERE l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()) END;
    -- A lock belongs to the only history of its schema, or to the one after which it is named.
    FOR g IN
        WITH sound AS MATERIALIZED (
            SELECT t.*, count(*) FILTER (WHERE t.part = 'history') OVER w AS histories, count(*) FILTER (WHERE t.part = 'lock') OVER w AS locks
              FROM jsonb_to_recordset(found) t (relation oid, schema_name text, table_name text, kind text, judge text, tool text, layout_tool text, part text, reads text[], is_whole boolean)
             WHERE t.is_whole AND t.kind = 'r' WINDOW w AS (PARTITION BY t.schema_name, t.layout_tool)
        ), paired AS (
            SELECT hist.schema_name, hist.layout_tool, to_jsonb(hist) AS history,
                   (SELECT to_jsonb(l) FROM sound l WHERE l.part = 'lock' AND l.schema_name = hist.schema_name AND l.layout_tool = hist.layout_tool
                       AND (hist.histories = 1 AND hist.locks = 1 OR l.table_name IN (hist.table_name || '_lock', hist.table_name || 'lock', hist.table_name || 'LOCK'))
                     ORDER BY array_position(ARRAY[hist.table_name || '_lock', hist.table_name || 'lock', hist.table_name || 'LOCK'], l.table_name) LIMIT 1) AS lock,
                   (SELECT to_jsonb(m) FROM sound m WHERE m.part = 'metadata' AND m.schema_name = hist.schema_name AND m.layout_tool = hist.layout_tool LIMIT 1) AS metadata
              FROM sound hist WHERE hist.part = 'history'
        )
        SELECT p.history, p.lock, p.metadata FROM paired p
        UNION ALL
        SELECT NULL, to_jsonb(l), NULL FROM sound l WHERE l.part = 'lock' AND NOT EXISTS (SELECT FROM paired p WHERE p.lock ->> 'relation' = l.relation::text)
    LOOP
        SELECT m.* INTO main FROM jsonb_to_record(coalesce(g.history, g.lock)) m (relation oid, schema_name text, table_name text, judge text, tool text);
        tool := main.tool; relation := main.relation; version := NULL; fix := NULL; lock_status := NULL; is_advisory := false; is_read := true; detail := NULL;
        table_name := format('%s %s', main.schema_name, main.table_name);
        tables := '{}'; unread := NULL;
        FOR h IN SELECT p.key, p.value FROM jsonb_each(jsonb_build_object('1history', g.history, '2lock', g.lock, '3metadata', g.metadata)) p WHERE p.value <> 'null' ORDER BY p.key LOOP
            verdict := @extschema@.fc_read_tool_table((h.value ->> 'relation')::oid, ARRAY(SELECT jsonb_array_elements_text(h.value -> 'reads')), main.judge = 'zitadel');
            IF verdict ? 'rows' THEN
                tables := tables || jsonb_build_object(substr(h.key, 2), verdict);
            ELSIF h.key <> '3metadata' THEN
                unread := verdict; relation := (h.value ->> 'relation')::oid; table_name := format('%s %s', h.value ->> 'schema_name', h.value ->> 'table_name');
                EXIT;
            END IF;
        END LOOP;
        CONTINUE WHEN unread ? 'gone';
        clauses := '{}'; orphan_fix := NULL;
        IF unread IS NOT NULL THEN
            is_read := false; status := 'unknown'; detail := unread ->> 'reason'; fix := unread ->> 'fix';
            IF unread ? 'locked' THEN
                status := 'clean';
                FOR h IN SELECT * FROM @extschema@.fc_table_holdings(locks, sessions, direct, reached, relation, 'it') t ORDER BY array_position('{orphan,self_blocked,pooler_leak,prepared_transaction,blocking,idle_holder}', t.status) LOOP
                    clauses := clauses || (CASE WHEN h.status IN ('orphan', 'self_blocked', 'idle_holder') THEN format('%s: ', CASE h.status WHEN 'self_blocked' THEN 'self-blocked' ELSE replace(h.status, '_', ' ') END) ELSE '' END || h.reason) || h.remedy;
                    IF status = 'clean' THEN status := CASE WHEN h.status IN ('orphan', 'self_blocked', 'idle_holder') THEN 'locked' ELSE 'in_progress' END; lock_status := h.status; END IF;
                    fix := coalesce(fix, h.fix);
                END LOOP;
                IF status = 'clean' THEN
                    clauses := ARRAY(SELECT format('%s waits for %s on it', @extschema@.fc_session(sessions -> k.pid::text), k.mode)
                        || coalesce(', and the chain of waits ends at ' || @extschema@.fc_session_list((SELECT jsonb_agg(sessions -> r.pid ORDER BY r.pid::int) FROM jsonb_array_elements_text(reached -> k.pid::text) r (pid) WHERE NOT direct ? r.pid AND sessions ? r.pid), 'statement'), '')
                          FROM jsonb_to_recordset(locks) k (kind int, relation oid, pid int, mode text, granted boolean) WHERE k.kind = 1 AND k.relation = fc_migrations.relation AND NOT k.granted AND sessions ? k.pid::text);
                    status := CASE WHEN cardinality(clauses) > 0 THEN 'in_progress' ELSE 'unknown' END;
                    IF status = 'unknown' THEN clauses := ARRAY['could not obtain the lock']; END IF;
                END IF;
                detail := @extschema@.fc_join(clauses);
            END IF;
            RETURN NEXT;
            CONTINUE;
        END IF;
        verdict := @extschema@.fc_judge_migrations(main.judge, tables, main.schema_name, main.table_name, advisory);
        status := verdict ->> 'status'; version := @extschema@.fc_printable(verdict ->> 'version'); fix := verdict ->> 'fix';
        remedies := ARRAY(SELECT jsonb_array_elements_text(verdict -> 'more'));
        IF (verdict ->> 'doubtful')::boolean AND pg_is_in_recovery() THEN
            fix := NULL; remedies := remedies || 'only the primary knows whether it is still running'::text;
        END IF;
        IF (verdict ->> 'doubtful')::boolean AND fix IS NOT NULL THEN
            words := @extschema@.fc_at_work_here(locks, sessions);
            IF words IS NOT NULL THEN
                fix := NULL; remedies := remedies || ('no fix as long as ' || words);
            ELSE
                remedies := remedies || @extschema@.fc_session_list((SELECT jsonb_agg(s.value ORDER BY s.key::int) FROM jsonb_each(sessions) s WHERE s.value ->> 'work' = 'reads' AND (s.value ->> 'is_client')::boolean
                    AND s.value ->> 'database_oid' = (SELECT d.oid::text FROM pg_database d WHERE d.datname = current_database()) AND s.key::int <> pg_backend_pid()), 'activity');
            END IF;
        END IF;
        part_oid := CASE WHEN verdict ->> 'part' = 'lock' AND g.lock IS NOT NULL THEN (g.lock ->> 'relation')::oid ELSE main.relation END;
        FOR h IN SELECT t.*, x.value ->> 'part' AS part, (x.value ->> 'relation')::oid AS oid, row_number() OVER (PARTITION BY x.value ->> 'relation' ORDER BY array_position('{orphan,self_blocked,pooler_leak,prepared_transaction,blocking,idle_holder}', t.status)) AS place
                   FROM jsonb_array_elements(jsonb_build_array(g.history, g.lock)) WITH ORDINALITY x (value, no)
                  CROSS JOIN LATERAL @extschema@.fc_table_holdings(locks, sessions, direct, reached, (x.value ->> 'relation')::oid,
                       CASE WHEN status IN ('clean', 'in_progress') OR x.value ->> 'part' = verdict ->> 'part' THEN 'it' ELSE @extschema@.fc_relation((x.value ->> 'relation')::oid) END) t
                  WHERE x.value <> 'null' ORDER BY x.no, place LOOP
            is_clean := status IN ('clean', 'in_progress') OR lock_status IS NOT NULL AND part_oid = h.oid AND h.place > 1;
            fix := CASE WHEN lock_status IS NOT NULL AND is_clean THEN fix END;
            remedies := remedies || (CASE WHEN h.status IN ('orphan', 'self_blocked', 'idle_holder') THEN format('%s: ', CASE h.status WHEN 'self_blocked' THEN 'self-blocked' ELSE replace(h.status, '_', ' ') END) ELSE '' END || h.reason) || h.remedy;
            IF is_clean AND h.place = 1 THEN
                status := CASE WHEN h.status IN ('orphan', 'self_blocked', 'idle_holder') THEN 'locked' ELSE 'in_progress' END; lock_status := h.status; part_oid := h.oid;
            END IF;
            IF is_clean THEN fix := coalesce(fix, h.fix); END IF;
        END LOOP;
        FOR h IN SELECT a.* FROM jsonb_to_recordset(lock_rows) a (status text, key text, tool text, purpose text, schema text, "table" text, pid int, detail text, fix text)
                  WHERE a.key = verdict ->> 'key'
                     OR a.tool = main.tool AND a.purpose = 'migration' AND coalesce(a.schema, main.schema_name) = main.schema_name AND coalesce(a."table", main.table_name) = main.table_name LOOP
            is_clean := status IN ('clean', 'in_progress');
            worst := CASE WHEN h.status IN ('orphan', 'self_blocked', 'pooler_leak', 'idle_holder') THEN format('%s: ', CASE h.status WHEN 'self_blocked' THEN 'self-blocked' ELSE replace(h.status, '_', ' ') END) ELSE '' END;
            remedies := remedies || (worst || format('%s holds advisory lock %s%s', CASE WHEN h.pid IS NULL THEN 'a prepared transaction' ELSE format('pid %s', h.pid) END, h.key, coalesce(': ' || h.detail, '')));
            fix := CASE WHEN is_clean THEN h.fix END;
            IF is_clean THEN status := CASE WHEN worst <> '' THEN 'locked' ELSE 'in_progress' END; lock_status := h.status; is_advisory := true; END IF;
        END LOOP;
        relation := part_oid;
        table_name := (SELECT format('%s %s', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = part_oid);
        IF fix IS NOT NULL AND fix !~ '^SELECT ' AND @extschema@.fc_code_run_on_write(part_oid) THEN
            fix := NULL;
            remedies := remedies || 'no fix, since the table has features that no tool creates (triggers, rules, policies, checks, generated columns, child tables or indexes with expressions), which would run with the privileges of the role that runs the fix'::text;
        END IF;
        IF verdict -> 'violated' <> 'null' THEN remedies := remedies || @extschema@.fc_violated_key_advice(verdict -> 'violated'); END IF;
        clauses := ARRAY(SELECT jsonb_array_elements_text(verdict -> 'said')) || ((verdict ->> 'remedy') || CASE WHEN fix IS NOT NULL THEN ', as the fix does' ELSE '' END) || remedies;
        detail := @extschema@.fc_printable(@extschema@.fc_join(clauses));
        fix := @extschema@.fc_one_line(fix);
        RETURN NEXT;
    END LOOP;
END $fn$;
