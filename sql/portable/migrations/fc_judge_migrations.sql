-- Judges a tool's tables in one schema, as the files of src/migrations/tools do. tables has
-- "history", "lock" and "metadata" as fc_read_tool_table returns them, advisory the keys that other
-- sessions hold, each with its holders.
CREATE FUNCTION @extschema@.fc_judge_migrations(judge text, tables jsonb, schema_name text, table_name text, advisory jsonb)
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    rows jsonb := coalesce(tables #> '{history,rows}', '[]');
    locks jsonb := coalesce(tables #> '{lock,rows}', '[]');
    history_name text := tables #>> '{history,name}';
    lock_name text := tables #>> '{lock,name}';
    cols jsonb := tables #> '{lock,columns}';
    is_standby boolean := pg_is_in_recovery();
    may_be_running constant text := 'recent enough that a migration may still be running';
    no_holder constant text := 'the lock row has neither a holder nor a time';
    status text := 'clean'; version text; said text[] := '{}'; remedy text; more text[] := '{}'; fix text; part text := 'history'; doubtful boolean := false; key bigint; violated jsonb;
    r jsonb; first jsonb; n int; holders text; log text; words text; since text; other record; word text;
BEGIN
    CASE judge
    WHEN 'prisma' THEN
        SELECT count(*), jsonb_agg(o.row ORDER BY (o.row ->> '2utc')::numeric, o.row ->> '2' COLLATE "C") INTO n, r FROM jsonb_array_elements(rows) o (row) WHERE o.row ->> '3' IS NULL AND o.row ->> '4' IS NULL;
        IF n = 0 THEN
            version := @extschema@.fc_newest((SELECT jsonb_agg(o.row ORDER BY o.no) FROM jsonb_array_elements(rows) WITH ORDINALITY o (row, no) WHERE o.row ->> '3' IS NOT NULL AND o.row ->> '4' IS NULL), '2') ->> '1';
            key := 72707369;
        ELSE
            first := r -> 0; version := coalesce(first ->> '1', ''); since := coalesce(@extschema@.fc_since(first, '2'), 'at some time');
            holders := advisory ->> '72707369'; log := @extschema@.fc_log_gist(coalesce(first ->> '5', ''));
            word := CASE WHEN version ~ '^[A-Za-z0-9_.][A-Za-z0-9_.-]*$' THEN version ELSE 'NAME' END;
            IF log = '' AND holders IS NOT NULL THEN
                status := 'in_progress'; said := ARRAY[format('started %s, and %s holds Prisma''s lock 72707369', since, holders)];
            ELSIF log = '' AND is_standby THEN
                status := 'unknown'; said := ARRAY[format('started %s and has not finished; only the primary knows whether it is still running', since)];
            ELSE
                status := 'failed';
                words := CASE WHEN log = '' THEN format('started %s and has not finished; no session holds Prisma''s lock 72707369, so it was interrupted or is running with the lock disabled', since)
                              ELSE format('failed, started %s: %s', since, log) END;
                IF log = '' AND @extschema@.fc_is_fresh(first, '2') THEN
                    said := ARRAY[words || '; ' || may_be_running];
                ELSE
                    words := words || CASE WHEN n > 1 THEN format('; so did %s more', n - 1) ELSE '' END;
                    SELECT format('%s %I.%I', f.kind, f.schema, f.relation) AS label, format('%I.%I', f.schema, f.relation) AS name, f.is_valid, f.is_being_built INTO other
                      FROM @extschema@.fc_relation_in_schema(schema_name, (regexp_match(log, '^ERROR:\s*relation "(.*)" already exists$'))[1]) f;
                    IF other.label IS NOT NULL THEN
                        said := ARRAY[words || '; ' || CASE
                            WHEN other.is_valid IS NOT NULL AND other.is_being_built THEN format('%s is being built: check again once the build has finished', other.label)
                            WHEN other.is_valid THEN format('%s exists and is valid: if the migration does nothing else, as with CREATE INDEX CONCURRENTLY, run prisma migrate resolve --applied %s; if it is marked as rolled back, it fails again', other.label, word)
                            WHEN NOT other.is_valid THEN format('%s exists and is invalid, as an interrupted CREATE INDEX CONCURRENTLY leaves it: run DROP INDEX CONCURRENTLY %s, then prisma migrate resolve --rolled-back %s', other.label, other.name, word)
                            ELSE format('%s exists: if so does everything else that the migration creates, run prisma migrate resolve --applied %s; if it is marked as rolled back, it fails again', other.label, word) END];
                    ELSE
                        said := ARRAY[words];
                        IF n > 1 THEN word := 'NAME for each of them'; END IF;
                        remedy := format('if %s changes are undone, run prisma migrate resolve --rolled-back %s', CASE n WHEN 1 THEN 'its' ELSE 'their' END, word);
                        more := ARRAY[format('if they are all in place, run prisma migrate resolve --applied %s', word)];
                        doubtful := log = ''; violated := @extschema@.fc_violated_key(first ->> '5');
                        fix := format('UPDATE %s SET rolled_back_at = pg_catalog.now() WHERE id IN (%s) AND finished_at IS NULL AND rolled_back_at IS NULL;', history_name,
                            (SELECT string_agg(@extschema@.fc_literal(o.row ->> '0'), ', ' ORDER BY o.no) FROM jsonb_array_elements(r) WITH ORDINALITY o (row, no) WHERE o.no <= 100 AND o.row ->> '0' IS NOT NULL));
                    END IF;
                END IF;
            END IF;
        END IF;
    WHEN 'flyway' THEN
        SELECT count(*), jsonb_agg(o.row ORDER BY (o.row ->> '0')::numeric NULLS FIRST) INTO n, r FROM jsonb_array_elements(rows) o (row) WHERE o.row ->> '6' IS DISTINCT FROM 'true';
        IF n = 0 THEN
            -- The version that was applied last and was neither undone nor marked as deleted.
            SELECT l.row ->> '1' INTO version
              FROM (SELECT DISTINCT ON (o.row ->> '1') o.row FROM jsonb_array_elements(rows) WITH ORDINALITY o (row, no) WHERE o.row ->> '1' IS NOT NULL ORDER BY o.row ->> '1', (o.row ->> '0')::numeric DESC NULLS LAST) l (row)
             WHERE coalesce(l.row ->> '3', '') NOT LIKE 'UNDO%' AND l.row ->> '3' IS DISTINCT FROM 'DELETE' ORDER BY (l.row ->> '0')::numeric DESC NULLS LAST LIMIT 1;
        ELSE
            first := r -> 0; status := 'failed'; version := coalesce(first ->> '1', first ->> '2', '');
            said := ARRAY[format('%s failed %s%s', first ->> '4', @extschema@.fc_since(first, '5'), CASE WHEN n > 1 THEN format('; so did %s more', n - 1) ELSE '' END)];
            remedy := CASE n WHEN 1 THEN 'undo its changes by hand, then run flyway repair to remove its row' ELSE 'undo their changes by hand, then run flyway repair to remove their rows' END;
            fix := format('DELETE FROM %s WHERE installed_rank IN (%s) AND success IS NOT TRUE;', history_name,
                (SELECT string_agg(o.row ->> '0', ', ' ORDER BY o.no) FROM jsonb_array_elements(r) WITH ORDINALITY o (row, no) WHERE o.no <= 100 AND o.row ->> '0' IS NOT NULL));
        END IF;
    WHEN 'liquibase' THEN
        r := @extschema@.fc_newest(rows, '0');
        version := CASE WHEN r IS NOT NULL THEN format('%s::%s::%s', r ->> '3', r ->> '1', r ->> '2') END;
        first := (SELECT o.row FROM jsonb_array_elements(locks) WITH ORDINALITY o (row, no) WHERE o.row ->> '1' = 'true' ORDER BY o.no LIMIT 1);
        IF first IS NOT NULL THEN
            status := 'locked'; part := 'lock'; doubtful := true;
            words := format('locked by %s%s', coalesce(first ->> '3', 'an unknown holder'), coalesce(' since ' || @extschema@.fc_since(first, '2'), ''));
            IF @extschema@.fc_is_fresh(first, '2') THEN
                said := ARRAY[words || '; ' || may_be_running];
            ELSE
                said := ARRAY[words]; remedy := 'if that process is no longer running, run liquibase release-locks';
                fix := format('UPDATE %s SET %s = FALSE, %s = NULL, %s = NULL WHERE %s = %s%s;', lock_name, cols ->> 1, cols ->> 2, cols ->> 3, cols ->> 0, coalesce(first ->> '0', '1'),
                    coalesce(format(' AND %s = %s', cols ->> 2, @extschema@.fc_literal(first ->> '2')), ''));
            END IF;
        END IF;
    WHEN 'golang_migrate' THEN
        key := mod(@extschema@.fc_crc32(convert_to(schema_name, 'UTF8') || '\x00'::bytea || convert_to(table_name, 'UTF8') || '\x00'::bytea || convert_to(current_database(), 'UTF8'))::numeric * 1486364155, 4294967296)::bigint;
        r := @extschema@.fc_newest(rows, '0'); version := r ->> '0';
        IF r ->> '1' = 'true' THEN
            holders := advisory ->> key::text;
            IF holders IS NOT NULL THEN
                status := 'in_progress'; said := ARRAY[format('migrating to or from %s: %s holds golang-migrate''s lock %s', version, holders, key)];
            ELSIF is_standby THEN
                status := 'unknown'; said := ARRAY[format('the migration to or from %s has started and not succeeded; only the primary knows whether it is still running', version)];
            ELSE
                status := 'dirty';
                said := ARRAY[format('the migration to or from %s failed or was interrupted; undo its changes by hand and run migrate force V, where V is the version before it (-1 if there is none), or complete it and run migrate force %s', version, version)];
            END IF;
            key := NULL;
        END IF;
    WHEN 'knex' THEN
        version := @extschema@.fc_newest(rows, '0') ->> '1';
        IF EXISTS (SELECT FROM jsonb_array_elements(locks) o (row) WHERE (o.row ->> '0')::numeric <> 0) THEN
            status := 'locked'; part := 'lock'; doubtful := true; said := ARRAY['locked; ' || no_holder];
            remedy := 'if no migration is running, run knex migrate:unlock'; fix := format('UPDATE %s SET is_locked = 0;', lock_name);
        END IF;
    WHEN 'rails' THEN
        version := @extschema@.fc_newest(rows, '0') ->> '0';
        word := (SELECT o.row ->> '1' FROM jsonb_array_elements(coalesce(tables #> '{metadata,rows}', '[]')) o (row) WHERE o.row ->> '0' = 'environment' LIMIT 1);
        IF word IS NOT NULL THEN said := ARRAY['environment: ' || word]; END IF;
    WHEN 'sqlx' THEN
        key := 1026731422 * @extschema@.fc_crc32(convert_to(current_database(), 'UTF8'));
        first := (SELECT o.row FROM jsonb_array_elements(rows) o (row) WHERE o.row ->> '3' IS DISTINCT FROM 'true' ORDER BY (o.row ->> '0')::numeric LIMIT 1);
        IF first IS NULL THEN
            version := @extschema@.fc_newest(rows, '0') ->> '0';
        ELSE
            version := first ->> '0'; holders := advisory ->> key::text;
            words := format('%s (%s) was started %s and has not finished', version, first ->> '1', @extschema@.fc_since(first, '2'));
            IF holders IS NOT NULL THEN
                status := 'in_progress'; said := ARRAY[format('%s, and %s holds sqlx''s lock %s', words, holders, key)];
            ELSIF is_standby THEN
                status := 'unknown'; said := ARRAY[words || '; only the primary knows whether it is still running'];
            ELSE
                status := 'failed'; said := ARRAY[words]; remedy := 'undo its changes by hand and delete its row';
                fix := format('DELETE FROM %s WHERE version = %s AND success IS NOT TRUE;', history_name, version);
            END IF;
            key := NULL;
        END IF;
    WHEN 'goose' THEN
        version := (SELECT l.row ->> '1' FROM (SELECT DISTINCT ON (o.row ->> '1') o.row FROM jsonb_array_elements(rows) o (row) ORDER BY o.row ->> '1', (o.row ->> '0')::numeric DESC) l (row)
                     WHERE l.row ->> '2' = 'true' ORDER BY (l.row ->> '0')::numeric DESC LIMIT 1);
        first := (SELECT o.row FROM jsonb_array_elements(locks) WITH ORDINALITY o (row, no) WHERE o.row ->> '1' = 'true' ORDER BY o.no LIMIT 1);
        IF (first ->> '4utc')::bigint >= extract(epoch FROM clock_timestamp()) * 1000000 THEN
            status := 'locked'; part := 'lock'; doubtful := true;
            said := ARRAY[format('locked by %s%s, which renews the lock; if that process is dead, goose takes the lock over within 30 s', coalesce(first ->> '3', 'an unknown holder'), coalesce(' since ' || @extschema@.fc_since(first, '2'), ''))];
        ELSIF first IS NOT NULL THEN
            said := ARRAY[format('the lock held by %s has expired: goose takes it over on its next run', coalesce(first ->> '3', 'an unknown holder'))];
        END IF;
    WHEN 'ef_core' THEN
        version := @extschema@.fc_newest(rows, '0') ->> '0';
    WHEN 'evolve' THEN
        r := @extschema@.fc_newest((SELECT jsonb_agg(f.row ORDER BY f.no) FROM jsonb_array_elements(rows) WITH ORDINALITY f (row, no) WHERE f.row ->> '4' IS DISTINCT FROM 'true'
                 AND NOT EXISTS (SELECT FROM jsonb_array_elements(rows) s (row) WHERE s.row ->> '4' = 'true' AND s.row ->> '2' IS NOT DISTINCT FROM f.row ->> '2' AND (s.row ->> '0')::numeric > (f.row ->> '0')::numeric)), '0');
        IF r IS NOT NULL THEN
            status := 'failed'; version := coalesce(r ->> '1', r ->> '2'); said := ARRAY[format('%s failed %s; Evolve retries it on its next run', r ->> '2', @extschema@.fc_since(r, '3'))];
        ELSE
            version := @extschema@.fc_newest((SELECT jsonb_agg(f.row ORDER BY f.no) FROM jsonb_array_elements(rows) WITH ORDINALITY f (row, no) WHERE f.row ->> '1' IS NOT NULL), '0') ->> '1';
        END IF;
    WHEN 'bun' THEN
        version := @extschema@.fc_newest(rows, '0') ->> '1'; word := locks #>> '{0,1}';
        IF word IS NOT NULL THEN
            status := 'locked'; part := 'lock'; doubtful := true; said := ARRAY[format('%s is locked; %s', word, no_holder)];
            remedy := 'if no migration is running, call Migrator.Unlock (the unlock command of many programs)'; fix := format('DELETE FROM %s WHERE table_name = %s;', lock_name, @extschema@.fc_literal(word));
        END IF;
    WHEN 'yoyo' THEN
        version := @extschema@.fc_newest(rows, '0') ->> '1'; first := locks -> 0;
        IF first IS NOT NULL THEN
            status := 'locked'; part := 'lock'; doubtful := true;
            words := format('locked by process %s on the host of yoyo%s', coalesce(first ->> '1', '0'), coalesce(format(' since %s UTC', first ->> '0'), ''));
            IF @extschema@.fc_is_fresh(first, '0', true) THEN
                said := ARRAY[words || '; ' || may_be_running];
            ELSE
                said := ARRAY[words]; remedy := 'if that process is no longer running, run yoyo break-lock'; fix := format('DELETE FROM %s WHERE pid = %s;', lock_name, coalesce(first ->> '1', '0'));
            END IF;
        END IF;
    WHEN 'atlas' THEN
        first := (SELECT o.row FROM jsonb_array_elements(rows) o (row) WHERE coalesce(o.row ->> '0', '') NOT LIKE '.%'
                     AND (btrim(coalesce(o.row ->> '4', ''), E' \t\r\n') <> '' OR (o.row ->> '1')::numeric < (o.row ->> '2')::numeric) ORDER BY o.row ->> '0' COLLATE "C" LIMIT 1);
        words := 'once the cause is fixed, run atlas migrate apply, or atlas migrate set VERSION if the rest was applied by hand';
        IF first IS NULL THEN
            version := (SELECT max(o.row ->> '0' COLLATE "C") FROM jsonb_array_elements(rows) o (row) WHERE o.row ->> '0' NOT LIKE '.%');
        ELSE
            version := first ->> '0'; log := btrim(coalesce(first ->> '4', ''), E' \t\r\n'); since := coalesce(@extschema@.fc_since(first, '3'), '');
            word := format('%s of its %s statements', coalesce(first ->> '1', '0'), coalesce(first ->> '2', '?'));
            IF log <> '' THEN
                status := 'failed'; said := ARRAY[format('failed %s, %s applied: %s; %s', since, word, @extschema@.fc_log_gist(log), words)]; violated := @extschema@.fc_violated_key(log);
            ELSIF @extschema@.fc_is_fresh(first, '3') THEN
                status := 'in_progress'; said := ARRAY[format('started %s, %s applied; %s', since, word, may_be_running)];
            ELSE
                status := 'dirty'; doubtful := true; said := ARRAY[format('started %s, %s applied; %s', since, word, words)];
            END IF;
        END IF;
    WHEN 'pgroll' THEN
        r := @extschema@.fc_newest((SELECT jsonb_agg(o.row ORDER BY o.no) FROM jsonb_array_elements(rows) WITH ORDINALITY o (row, no) WHERE o.row ->> '3' IS DISTINCT FROM 'true'), '2');
        IF r IS NULL THEN
            version := @extschema@.fc_newest(rows, '2') ->> '1';
        ELSE
            status := 'in_progress'; version := r ->> '1';
            said := ARRAY[format('started in schema %s %s and not completed: triggers keep its old and new columns in sync until pgroll complete or pgroll rollback', r ->> '0', @extschema@.fc_since(r, '2'))];
        END IF;
    WHEN 'gitlab' THEN
        SELECT count(*), jsonb_agg(o.row ORDER BY (o.row ->> '0')::numeric) INTO n, r FROM jsonb_array_elements(rows) o (row) WHERE o.row ->> '1' = '4';
        IF n = 0 THEN
            n := (SELECT count(*) FROM jsonb_array_elements(rows) o (row) WHERE o.row ->> '1' IN ('0', '1', '5'));
            IF n > 0 THEN said := ARRAY[@extschema@.fc_counted(n, 'background migration') || ' must finish before the next upgrade']; END IF;
        ELSE
            status := 'failed'; version := r #>> '{0,2}';
            said := ARRAY[format('%s failed: %s%s; GitLab refuses to upgrade: retry under Admin, Monitoring, Background migrations, or run gitlab-rake gitlab:background_migrations:finalize', @extschema@.fc_counted(n, 'background migration'),
                (SELECT string_agg(format('%s on %s.%s', o.row ->> '2', o.row ->> '3', o.row ->> '4'), ', ' ORDER BY o.no) FROM jsonb_array_elements(r) WITH ORDINALITY o (row, no) WHERE o.no <= 3),
                CASE WHEN n > 3 THEN format(' and %s more', n - 3) ELSE '' END)];
        END IF;
    WHEN 'zitadel' THEN
        r := (SELECT jsonb_agg(l.row) FROM (SELECT DISTINCT ON (coalesce(o.row ->> '3', '')) o.row FROM jsonb_array_elements(rows) o (row) ORDER BY coalesce(o.row ->> '3', ''), (o.row ->> '0')::numeric DESC) l (row));
        first := (SELECT o.row FROM jsonb_array_elements(r) o (row) WHERE o.row ->> '2' IN ('system.migration.started', 'system.migration.failed') ORDER BY o.row ->> '2' DESC, (o.row ->> '0')::numeric DESC LIMIT 1);
        IF first ->> '2' = 'system.migration.started' THEN
            version := first ->> '3'; words := format('started %s and neither completed nor failed: zitadel setup waits for it', @extschema@.fc_since(first, '1'));
            IF @extschema@.fc_is_fresh(first, '1') THEN
                status := 'in_progress'; said := ARRAY[words || '; ' || may_be_running];
            ELSE
                status := 'dirty'; doubtful := true; said := ARRAY[words || ' indefinitely; if it is no longer running, run zitadel setup cleanup'];
            END IF;
        ELSIF first IS NOT NULL THEN
            status := 'failed'; version := first ->> '3'; said := ARRAY[format('failed %s; zitadel setup retries it on its next run', @extschema@.fc_since(first, '1'))];
        ELSE
            version := @extschema@.fc_newest(rows, '0') ->> '3';
        END IF;
    WHEN 'heads' THEN
        version := (SELECT string_agg(o.row ->> '0', ', ' ORDER BY o.row ->> '0' COLLATE "C") FROM jsonb_array_elements(rows) o (row));
    ELSE
        r := @extschema@.fc_newest(rows, '0');
        SELECT count(*), string_agg(coalesce(o.value, ''), '.' ORDER BY o.key::int) INTO n, word FROM jsonb_each_text(r) o WHERE o.key ~ '^[1-9]\d*$';
        version := CASE WHEN n > 0 AND word ~ '[^.]' THEN word ELSE (SELECT string_agg(coalesce(o.value, ''), '' ORDER BY o.key::int) FROM jsonb_each_text(r) o WHERE o.key ~ '^\d+$') END;
    END CASE;
    RETURN jsonb_build_object('status', status, 'version', version, 'said', to_jsonb(said), 'remedy', remedy, 'more', to_jsonb(more), 'fix', fix, 'part', part,
                              'doubtful', doubtful, 'key', key, 'violated', violated);
END $fn$;
