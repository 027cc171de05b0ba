-- Counts the orphans of a foreign key: "count", "sample", "dependents", "resync" and "default", or
-- "reason" and "fix" if the rows could not be read. With "unique" instead, counts the keys of the
-- parent that occur more than once. waited is how long a lock has been waited for, in milliseconds.
CREATE FUNCTION @extschema@.fc_fk_read(f jsonb, budget numeric)
RETURNS TABLE (answer jsonb, waited numeric) LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    refusal record; found bigint; sample jsonb; defaults text[]; has_none boolean; message text; info text; state text; began timestamptz := clock_timestamp();
    is_strange boolean := EXISTS (SELECT FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner WHERE c.oid IN ((f ->> 'child')::oid, (f ->> 'parent')::oid) AND o.rolname <> current_user AND NOT o.rolsuper);
BEGIN
    waited := 0;
    BEGIN
        PERFORM set_config('constraint_exclusion', 'off', true), set_config('row_security', 'off', true), set_config('jit', 'off', true);
        IF budget IS NOT NULL THEN PERFORM set_config('lock_timeout', greatest(budget, 1)::int::text, true); END IF;
        -- Looking at partitions locks them.
        SELECT * INTO refusal FROM @extschema@.fc_fk_obstacle(f);
        IF refusal.reason IS NOT NULL THEN
            answer := jsonb_build_object('reason', refusal.reason, 'fix', refusal.fix);
            RAISE SQLSTATE 'FC000';
        END IF;
        IF is_strange THEN
            -- What was checked must not change before the query is planned.
            EXECUTE format('LOCK TABLE %s, %s IN ACCESS SHARE MODE', f ->> 'child_rows', f ->> 'parent_rows');
            IF EXISTS (SELECT FROM @extschema@.fc_fk_obstacle(f)) THEN PERFORM @extschema@.fc_raise('55006', 'the table was changed while it was read'); END IF;
        END IF;
        IF f ? 'unique' THEN
            EXECUTE format('SELECT count(*) FROM (SELECT FROM %s p WHERE %s GROUP BY %s HAVING count(*) > 1) k', f ->> 'parent_rows',
                (SELECT string_agg(format('p.%I IS DISTINCT FROM NULL', n), ' AND ') FROM jsonb_array_elements_text(f -> 'parent_names') n),
                (SELECT string_agg(format('p.%I', n), ', ') FROM jsonb_array_elements_text(f -> 'parent_names') n)) INTO found;
        ELSE
            EXECUTE format('SELECT count(*) FROM %s c WHERE %s', f ->> 'child_rows', f ->> 'orphaned') INTO found;
            IF found > 0 THEN
                BEGIN
                    EXECUTE format('WITH f AS (SELECT jsonb_build_object(%s) AS key FROM %s c WHERE %s AND %s LIMIT %s) SELECT jsonb_agg(s.key ORDER BY s.key) FROM (SELECT DISTINCT f.key FROM f ORDER BY f.key LIMIT 5) s',
                        (SELECT string_agg(format('%L, c.%I', n.name, n.name), ', ' ORDER BY n.no) FROM jsonb_array_elements_text(f -> 'child_names') WITH ORDINALITY n (name, no)), f ->> 'child_rows', f ->> 'orphaned',
                        (SELECT string_agg(format('coalesce(pg_column_size(c.%I), 0) < 1000', n), ' AND ') FROM jsonb_array_elements_text(f -> 'child_names') n), least(found, 100)) INTO sample;
                EXCEPTION WHEN query_canceled OR admin_shutdown THEN RAISE;
                    WHEN OTHERS THEN sample := NULL;
                END;
            END IF;
            -- A default of a domain would run the domain's checks.
            IF NOT is_strange AND NOT f -> 'child_default' @> 'false' THEN
                defaults := (SELECT d.defaults FROM @extschema@.fc_constant_defaults((f ->> 'child')::oid, ARRAY(SELECT jsonb_array_elements_text(f -> 'child_numbers')::int2)) d);
                IF cardinality(defaults) > 0 AND array_position(defaults, NULL) IS NULL THEN
                    BEGIN
                        EXECUTE format('SELECT EXISTS (SELECT FROM (SELECT %s) c WHERE %s)',
                            (SELECT string_agg(format('(%s) AS %I', defaults[n.no], n.name), ', ' ORDER BY n.no) FROM jsonb_array_elements_text(f -> 'child_names') WITH ORDINALITY n (name, no)), f ->> 'orphaned') INTO has_none;
                    EXCEPTION WHEN query_canceled OR admin_shutdown THEN RAISE;
                        WHEN OTHERS THEN has_none := false;
                    END;
                END IF;
            END IF;
        END IF;
        RAISE SQLSTATE 'FC000';
    EXCEPTION
        WHEN SQLSTATE 'FC000' THEN NULL;
        WHEN query_canceled OR admin_shutdown THEN RAISE;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, info = PG_EXCEPTION_DETAIL;
            IF state = '55P03' THEN waited := extract(epoch FROM clock_timestamp() - began) * 1000; END IF;
            IF state = '55P03' THEN message := 'could not obtain the lock'; END IF;
            answer := jsonb_build_object('reason', @extschema@.fc_error(CASE state WHEN '55P03' THEN 'XX000' ELSE state END, message, info));
            RETURN NEXT;
        RETURN;
    END;
    IF answer IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    answer := jsonb_build_object('count', found, 'sample', sample, 'default', CASE WHEN has_none THEN to_jsonb(defaults) END,
        'dependents', CASE WHEN found > 0 THEN (SELECT string_agg(format('%I.%I (%s)', d.schema_name, d.table_name, d.action), ', ') FROM @extschema@.fc_fk_delete_actions((f ->> 'child')::oid) d) END,
        'resync', CASE WHEN found > 0 AND f -> 'parent_default' @> 'true' THEN format('SELECT * FROM @extschema@.seq_resync_table(%s);', @extschema@.fc_literal(f ->> 'parent_name')) END);
    RETURN NEXT;
END $fn$;
