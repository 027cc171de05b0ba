-- Runs queries that return up to four bigints and an array of them, and releases the locks that they take. A query
-- whose turn ends in an error returns that error; the others are not affected. All wait for locks
-- for five seconds in total, or for lock_timeout each.
--
-- relations: the table that a query reads if its owner is not trusted, otherwise NULL; see fc_hold
-- unindexed: the table that is read as a whole, unless it is larger than most_bytes; then the row
--            has state 54000 and the size as a
-- weights: how many locks each query takes; queries are run together up to 16
CREATE FUNCTION @extschema@.fc_read(queries text[], relations oid[], unindexed oid[], weights int[], most_bytes bigint)
RETURNS TABLE (place bigint, a bigint, b bigint, c bigint, d bigint, ids bigint[], state text, message text, detail text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET constraint_exclusion = off
AS $fn$
DECLARE
    i int := 1;
    first int;
    weight int;
    budget numeric := CASE WHEN current_setting('lock_timeout') = '0' THEN 5000 END;
    began timestamptz;
BEGIN
    WHILE i <= cardinality(queries) LOOP
        first := i;
        weight := 0;
        BEGIN
            IF budget IS NOT NULL THEN
                PERFORM set_config('lock_timeout', greatest(budget, 1)::int::text, true);
                began := clock_timestamp();
            END IF;
            WHILE i <= cardinality(queries) AND (i = first OR weight + weights[i] <= 16) LOOP
                weight := weight + weights[i];
                IF relations[i] IS NOT NULL THEN
                    PERFORM @extschema@.fc_hold(relations[i], queries[i]);
                END IF;
                IF unindexed[i] IS NOT NULL AND (most_bytes = 0 OR pg_relation_size(unindexed[i]) > most_bytes) THEN
                    place := i;
                    a := pg_relation_size(unindexed[i]);
                    b := NULL;
                    c := NULL;
                    d := NULL;
                    ids := NULL;
                    state := '54000';
                ELSE
                    EXECUTE queries[i] INTO a, b, c, d, ids;
                    place := i;
                    state := NULL;
                END IF;
                message := NULL;
                detail := NULL;
                RETURN NEXT;
                i := i + 1;
            END LOOP;
            RAISE SQLSTATE 'FC000';
        EXCEPTION
            WHEN SQLSTATE 'FC000' THEN
                NULL;
            WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
                place := i;
                a := NULL;
                b := NULL;
                c := NULL;
                d := NULL;
                ids := NULL;
                detail := nullif(detail, '');
                RETURN NEXT;
                i := i + 1;
                IF state = '55P03' AND budget IS NOT NULL THEN
                    budget := budget - extract(epoch FROM clock_timestamp() - began) * 1000;
                END IF;
        END;
    END LOOP;
END $fn$;
