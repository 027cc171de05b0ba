-- Counts the rows of tables and materialized views as of the calling statement, with the first and
-- last value of their columns keys, or estimates their number.
--
-- unread, obstacle: why the rows were not counted: privilege, owner, memory, lock or other
--
-- Reads as the caller, so a table is left out if that could run code of its owner. Releases all
-- locks. Waits for them for five seconds in total, or for lock_timeout each.
CREATE FUNCTION @extschema@.fc_snap_rows(relations oid[], keys int2[], exact boolean)
RETURNS TABLE (relation oid, rows bigint, is_exact boolean, first text, last text, unread text, obstacle text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET constraint_exclusion = off
AS $fn$
#variable_conflict use_variable
DECLARE
    tables oid[];
    names text[];
    key_names text[];
    tuples real[];
    known_pages int[];
    trusted boolean[];
    refusals text[];
    obstacles text[];
    i int := 1;
    start int;
    pages bigint;
    query text;
    state text;
    message text;
    detail text;
    began timestamptz;
    budget numeric := CASE WHEN current_setting('lock_timeout') = '0' THEN 5000 END;
BEGIN
    BEGIN
        SELECT array_agg(r.relation ORDER BY r.place), array_agg(r.tab ORDER BY r.place), array_agg(r.key_name ORDER BY r.place),
               array_agg(r.reltuples ORDER BY r.place), array_agg(r.relpages ORDER BY r.place), array_agg(r.is_trusted ORDER BY r.place),
               array_agg(r.refusal ORDER BY r.place), array_agg(r.obstacle ORDER BY r.place)
          INTO tables, names, key_names, tuples, known_pages, trusted, refusals, obstacles
          FROM @extschema@.fc_snap_readable(relations, keys, exact) r;
        RAISE SQLSTATE 'FC000';
    EXCEPTION WHEN SQLSTATE 'FC000' THEN
        NULL;
    END;
    WHILE i <= cardinality(tables) LOOP
        start := i;
        BEGIN
            IF NOT exact THEN
                PERFORM set_config('lock_timeout', '1', true);
            ELSIF budget IS NOT NULL THEN
                PERFORM set_config('lock_timeout', greatest(budget, 1)::int::text, true);
            END IF;
            began := clock_timestamp();
            WHILE i <= cardinality(tables) AND i < start + 3 LOOP
                relation := tables[i];
                rows := NULL;
                is_exact := true;
                first := NULL;
                last := NULL;
                unread := refusals[i];
                obstacle := obstacles[i];
                IF unread IS NOT NULL THEN
                    NULL;
                ELSIF NOT exact THEN
                    pages := pg_relation_size(relation) / current_setting('block_size')::int;
                    is_exact := pages = 0;
                    rows := CASE WHEN pages = 0 THEN 0
                                 WHEN tuples[i] >= 0 AND known_pages[i] > 0 THEN round(tuples[i]::float8 / known_pages[i] * pages) END;
                ELSE
                    query := CASE WHEN key_names[i] IS NULL THEN format('SELECT count(*), NULL, NULL FROM ONLY %s t ', names[i])
                                  ELSE format('SELECT r.count, k.first, k.last FROM (SELECT count(*) AS count FROM ONLY %1$s t ) r, '
                                              '(SELECT min(t.%2$s)::text AS first, max(t.%2$s)::text AS last FROM ONLY %1$s t ) k', names[i], key_names[i]) END;
                    IF NOT trusted[i] THEN
                        PERFORM @extschema@.fc_hold(relation, query);
                    END IF;
                    EXECUTE query INTO rows, first, last;
                END IF;
                RETURN NEXT;
                i := i + 1;
            END LOOP;
            RAISE SQLSTATE 'FC000';
        EXCEPTION
            WHEN SQLSTATE 'FC000' THEN
                NULL;
            WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
                IF state = '55P03' AND budget IS NOT NULL THEN
                    budget := budget - extract(epoch FROM clock_timestamp() - began) * 1000;
                END IF;
                rows := NULL;
                first := NULL;
                last := NULL;
                unread := @extschema@.fc_error(state, message, detail);
                obstacle := CASE state WHEN '42501' THEN 'privilege' WHEN '53200' THEN 'memory' WHEN '55P03' THEN 'lock' ELSE 'other' END;
                -- A table that was dropped since the statement began has no name.
                IF tables[i]::regclass::text !~ '^[0-9]+$' THEN
                    RETURN NEXT;
                END IF;
                i := i + 1;
        END;
    END LOOP;
END $fn$;
