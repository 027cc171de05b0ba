-- Returns the findings of fk_audit; without with_rows, what the catalogs say. known_status and
-- known_fix are those of an unknown finding by the catalogs.
CREATE FUNCTION @extschema@.fc_fk_findings(schema oid, with_rows boolean)
RETURNS TABLE (status text, constraint_name text, child oid, child_schema text, child_table text, parent oid, orphans bigint, sample jsonb, choices text[], detail text, fix text,
    orphaned_default text, known_status text, known_fix text, lacks_privilege boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    keys jsonb; f jsonb; r record; answer jsonb; budget numeric := CASE WHEN current_setting('lock_timeout') = '0' THEN 5000 END;
    disabled jsonb; missing jsonb; known text; details text[]; triggers text[]; is_new constant boolean := current_setting('server_version_num')::int >= 180000;
    is_whole boolean; definition text; remarks text[]; reason text; what record;
BEGIN
    keys := (SELECT jsonb_agg(to_jsonb(k)) FROM @extschema@.fc_foreign_keys(schema, NULL, NULL, NULL, NULL, NULL) k);
    IF keys IS NULL THEN RETURN; END IF;
    disabled := coalesce((SELECT jsonb_object_agg(d.key, d.all_of) FROM (SELECT t.key, jsonb_agg(to_jsonb(t)) AS all_of FROM @extschema@.fc_fk_triggers_disabled() t GROUP BY t.key) d), '{}');
    missing := coalesce((SELECT jsonb_object_agg(d.key, d.all_of) FROM (SELECT t.key, jsonb_agg(to_jsonb(t)) AS all_of FROM @extschema@.fc_fk_triggers_missing() t GROUP BY t.key) d), '{}');
    FOR f IN SELECT k.key FROM jsonb_array_elements(keys) k (key) LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = (f ->> 'child')::oid) OR NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = (f ->> 'parent')::oid);
        f := @extschema@.fc_fk_texts(f);
        answer := NULL; reason := NULL; fix := NULL; lacks_privilege := false; known_status := NULL; known_fix := NULL; orphaned_default := NULL; choices := NULL;
        known := CASE WHEN NOT (f ->> 'is_enforced')::boolean THEN 'not_enforced' WHEN disabled ? (f ->> 'key') OR missing ? (f ->> 'key') THEN 'triggers_off'
                      WHEN NOT (f ->> 'is_validated')::boolean THEN 'not_validated' ELSE 'ok' END;
        IF with_rows THEN
            IF (f ->> 'is_temporal')::boolean THEN
                reason := 'temporal (PERIOD): whether the periods are covered is not checked';
            ELSIF jsonb_array_length(f -> 'child_names') IS DISTINCT FROM (f ->> 'width')::int THEN
                reason := 'its row in pg_constraint names columns or operators that do not exist';
            ELSE
                SELECT x.answer, x.waited INTO r FROM @extschema@.fc_fk_read(f, budget) x;
                answer := r.answer; budget := budget - r.waited;
                reason := answer ->> 'reason'; lacks_privilege := answer ->> 'fix' IS NOT NULL;
                CONTINUE WHEN reason IS NOT NULL AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = (f ->> 'child')::oid);
            END IF;
        END IF;
        orphans := (answer ->> 'count')::bigint; sample := nullif(answer -> 'sample', 'null');
        status := CASE WHEN orphans > 0 AND known = 'triggers_off' AND NOT (f ->> 'is_validated')::boolean THEN 'not_validated' WHEN orphans > 0 AND known IN ('triggers_off', 'ok') THEN 'violated' ELSE known END;
        -- What is wrong with the triggers.
        triggers := '{}';
        FOR what IN SELECT * FROM (VALUES (true, 'new rows are not checked'), (false, 'deleted and changed parent rows are not checked')) w (checks_child, words) LOOP
            SELECT CASE WHEN count(*) > 0 THEN what.words || ': its triggers ' || string_agg(p.words, ' and ' ORDER BY p.no) END INTO reason FROM (
                SELECT 1 AS no, @extschema@.fc_list(CASE WHEN bool_and(d.is_for_replicas) THEN 'fire only on replicas on' ELSE 'are disabled on' END, array_agg(DISTINCT format('%I.%I', d.schema_name, d.table_name))) AS words
                  FROM jsonb_to_recordset(disabled -> (f ->> 'key')) d (schema_name text, table_name text, is_for_replicas boolean, checks_child boolean) WHERE d.checks_child = what.checks_child HAVING count(*) > 0
                UNION ALL
                SELECT 2, @extschema@.fc_list('are missing on', array_agg(DISTINCT format('%I.%I', d.schema_name, d.table_name)))
                  FROM jsonb_to_recordset(missing -> (f ->> 'key')) d (schema_name text, table_name text, checks_child boolean) WHERE d.checks_child = what.checks_child HAVING count(*) > 0) p;
            IF reason IS NOT NULL THEN triggers := triggers || reason; END IF;
        END LOOP;
        reason := coalesce(answer ->> 'reason', CASE WHEN with_rows AND answer IS NULL THEN CASE WHEN (f ->> 'is_temporal')::boolean THEN 'temporal (PERIOD): whether the periods are covered is not checked'
                      ELSE 'its row in pg_constraint names columns or operators that do not exist' END END);
        is_whole := f ->> 'child_kind' = 'p' AND NOT is_new;
        IF missing ? (f ->> 'key') THEN
            triggers := triggers || CASE WHEN is_whole THEN 'recreating it blocks reads and writes of both tables while all rows are read (ACCESS EXCLUSIVE)'
                                         ELSE 'recreating it blocks reads and writes of both tables briefly (ACCESS EXCLUSIVE)' END;
        ELSIF disabled ? (f ->> 'key') THEN
            triggers := triggers || 'enabling them requires a superuser'::text;
        END IF;
        remarks := @extschema@.fc_fk_remarks(f, answer);
        IF answer -> 'default' <> 'null' THEN
            IF known IN ('ok', 'not_validated') THEN orphaned_default := CASE WHEN (f ->> 'sets_default')::boolean THEN 'set_default' ELSE 'insert' END; ELSE remarks := remarks[2:]; END IF;
        END IF;
        details := array_remove(ARRAY[reason, CASE WHEN orphans > 0 THEN format('%s no matching row in %s', CASE WHEN orphans = 1 THEN '1 row has' ELSE format('%s rows have', orphans) END, f ->> 'parent_name') END,
                CASE WHEN orphans > 0 AND (f ->> 'is_validated')::boolean AND (f ->> 'is_enforced')::boolean THEN 'it is marked as validated, so VALIDATE CONSTRAINT skips it' END]
            || triggers || remarks || CASE WHEN NOT (f ->> 'is_enforced')::boolean THEN 'NOT ENFORCED: new rows are not checked'
                                           WHEN NOT (f ->> 'is_validated')::boolean THEN 'NOT VALID: new rows are checked, earlier rows have not been' END, NULL);
        detail := nullif(array_to_string(details, '; '), '');
        IF jsonb_array_length(f -> 'child_names') = (f ->> 'width')::int THEN
            IF missing ? (f ->> 'key') THEN
                definition := missing -> (f ->> 'key') -> -1 ->> 'definition';
                IF definition IS NOT NULL AND NOT (is_whole AND coalesce(orphans, 0) > 0) THEN
                    fix := format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s%s;', f ->> 'child_name', f ->> 'name', f ->> 'name', definition,
                        CASE WHEN is_whole OR NOT (f ->> 'is_validated')::boolean THEN '' ELSE ' NOT VALID' END);
                END IF;
            ELSIF disabled ? (f ->> 'key') THEN
                fix := (SELECT string_agg(format('ALTER TABLE %I.%I ENABLE TRIGGER %I;', d.schema_name, d.table_name, d.name), ' ' ORDER BY d.no)
                          FROM (SELECT e.one ->> 'schema_name', e.one ->> 'table_name', e.one ->> 'name', e.no FROM jsonb_array_elements(disabled -> (f ->> 'key')) WITH ORDINALITY e (one, no)) d (schema_name, table_name, name, no));
            ELSIF status = 'not_validated' AND coalesce(orphans, 0) = 0 THEN
                fix := format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', f ->> 'child_name', f ->> 'name');
            END IF;
            IF orphans > 0 THEN choices := @extschema@.fc_fk_choices(f, answer); END IF;
        END IF;
        fix := @extschema@.fc_one_line(fix);
        IF reason IS NOT NULL AND known <> 'triggers_off' THEN
            status := 'unknown';
            IF known <> 'ok' THEN known_status := known; known_fix := fix; END IF;
            fix := @extschema@.fc_one_line(answer ->> 'fix');
        END IF;
        constraint_name := f ->> 'name'; child := (f ->> 'child')::oid; parent := (f ->> 'parent')::oid; child_schema := f ->> 'child_schema'; child_table := f ->> 'child_table';
        RETURN NEXT;
    END LOOP;
END $fn$;
