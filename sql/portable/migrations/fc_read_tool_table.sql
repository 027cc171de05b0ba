-- Reads the columns of a tool's table: "rows" is an array of objects with the texts of the columns
-- by their places, and for times also the microseconds since 1970 as "NUMBERutc", and as
-- "NUMBERzone" whether the type has a time zone. Otherwise "reason" and "fix" say why it could not
-- be read, or "gone" or "locked" is true.
CREATE FUNCTION @extschema@.fc_read_tool_table(relation oid, tool_reads text[], is_zitadel boolean) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    t record; refusal record; items text; fetched jsonb; failure jsonb;
BEGIN
    SELECT n.nspname, c.relname, c.relkind, c.relam, c.relpersistence, pg_is_other_temp_schema(n.oid) AS is_other_temp INTO t
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation;
    IF NOT FOUND THEN RETURN '{"gone": true}'; END IF;
    IF t.relam <> 2 THEN RETURN '{"reason": "its access method is not heap"}'; END IF;
    IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attgenerated = 'v' AND NOT a.attisdropped) THEN
        RETURN '{"reason": "it has a virtual generated column, which no tool creates"}';
    END IF;
    FOR refusal IN SELECT u.reason, u.fix FROM @extschema@.fc_unreadable(relation, ARRAY(
            SELECT a.attnum FROM unnest(tool_reads) WITH ORDINALITY w (name, no) JOIN pg_attribute a ON a.attrelid = relation AND a.attname = w.name AND NOT a.attisdropped ORDER BY w.no)) u LOOP
        RETURN jsonb_build_object('reason', refusal.reason, 'fix', refusal.fix);
    END LOOP;
    IF t.is_other_temp THEN RETURN '{"reason": "another session''s temporary table"}'; END IF;
    IF t.relpersistence = 'u' AND pg_is_in_recovery() THEN RETURN '{"reason": "unlogged, and not accessible on a standby"}'; END IF;
    IF is_zitadel THEN
        tool_reads := '{sequence,created_at,event_type,payload}';
    ELSIF pg_relation_size(relation) > 32 * 1024 * 1024 THEN
        RETURN '{"reason": "not read, since it is larger than any tool''s table"}';
    END IF;
    SELECT string_agg(format('%L, %s', w.no - 1, CASE
               WHEN is_zitadel AND a.attname = 'payload' THEN 't.payload ->> ''name'''
               ELSE format('t.%I::text', a.attname) END)
               || CASE WHEN a.atttypid IN (1114, 1184) THEN format(', %L, CASE WHEN isfinite(t.%I) THEN (extract(epoch FROM t.%I) * 1000000)::bigint END, %L, %L::boolean%s',
                       (w.no - 1) || 'utc', a.attname, a.attname, (w.no - 1) || 'zone', a.atttypid = 1184,
                       CASE WHEN a.atttypid = 1114 THEN format(', %L, CASE WHEN isfinite(t.%I) THEN (extract(epoch FROM t.%I::timestamptz) * 1000000)::bigint END', (w.no - 1) || 'local', a.attname, a.attname) ELSE '' END)
                  ELSE '' END, ', ' ORDER BY w.no) INTO items
      FROM unnest(tool_reads) WITH ORDINALITY w (name, no) JOIN pg_attribute a ON a.attrelid = relation AND a.attname = w.name AND NOT a.attisdropped;
    BEGIN
        PERFORM set_config('lock_timeout', '1', true), set_config('constraint_exclusion', 'off', true), set_config('datestyle', 'ISO', true), set_config('row_security', 'off', true);
        EXECUTE format('SELECT jsonb_agg(r.row) FROM (SELECT jsonb_build_object(%s) AS row FROM ONLY %I.%I t %s LIMIT 50001) r', items, t.nspname, t.relname,
            CASE WHEN is_zitadel THEN 'WHERE t.instance_id = '''' AND t.aggregate_type = ''system'' AND t.aggregate_id = ''SYSTEM'' AND starts_with(t.event_type, ''system.migration.'')' ELSE '' END)
            INTO fetched;
        RAISE EXCEPTION USING ERRCODE = 'FC000', MESSAGE = 'release the locks';
    EXCEPTION
        WHEN SQLSTATE 'FC000' THEN NULL;
        WHEN lock_not_available THEN failure := '{"locked": true}';
        WHEN undefined_table THEN failure := '{"gone": true}';
        WHEN undefined_column THEN failure := '{"reason": "its columns were altered concurrently"}';
        WHEN query_canceled OR admin_shutdown THEN RAISE;
        WHEN OTHERS THEN failure := jsonb_build_object('reason', @extschema@.fc_error(sqlstate, sqlerrm, NULL));
    END;
    IF jsonb_array_length(fetched) > 50000 THEN failure := '{"reason": "not read, since it is larger than any tool''s table"}'; END IF;
    RETURN coalesce(failure, jsonb_build_object('name', format('%I.%I', t.nspname, t.relname), 'rows', coalesce(fetched, '[]'), 'columns', to_jsonb(ARRAY(SELECT quote_ident(w) FROM unnest(tool_reads) w))));
END $fn$;
