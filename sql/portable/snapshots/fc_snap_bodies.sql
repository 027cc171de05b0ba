-- Prints the bodies of functions that are parsed statements. A function whose body could not be
-- printed has the reason as failure.
--
-- The server locks the tables that a body names: prints a few at a time, and releases the locks.
CREATE FUNCTION @extschema@.fc_snap_bodies(functions oid[])
RETURNS TABLE (function oid, body text, failure text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    fc_some oid[];
    fc_state text;
    fc_message text;
    fc_detail text;
    fc_began timestamptz;
    fc_budget numeric := CASE WHEN current_setting('lock_timeout') = '0' THEN 5000 END;
BEGIN
    FOR place IN 1 .. coalesce(cardinality(functions), 0) BY 10 LOOP
        fc_some := functions[place : place + 9];
        FOR attempt IN 1 .. 2 LOOP
            BEGIN
                fc_began := clock_timestamp();
                IF fc_budget IS NOT NULL THEN
                    PERFORM set_config('lock_timeout', greatest(fc_budget, 1)::int::text, true);
                END IF;
                RETURN QUERY
                SELECT q.function, q.body, NULL
                  FROM (
                    @queries/snapshot_parsed_bodies.sql(fc_some)@
                  ) q (function, body);
                RAISE SQLSTATE 'FC000';
            EXCEPTION
                WHEN SQLSTATE 'FC000' THEN
                    EXIT;
                WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS fc_state = RETURNED_SQLSTATE, fc_message = MESSAGE_TEXT, fc_detail = PG_EXCEPTION_DETAIL;
                    IF fc_state = '55P03' THEN
                        fc_budget := fc_budget - extract(epoch FROM clock_timestamp() - fc_began) * 1000;
                    END IF;
                    IF attempt = 2 OR fc_state NOT IN ('42P01', '42703', '42704', '3F000', 'XX000') THEN
                        RETURN QUERY SELECT u.id, NULL, @extschema@.fc_error(fc_state, fc_message, fc_detail) FROM unnest(fc_some) u (id);
                        EXIT;
                    END IF;
            END;
        END LOOP;
    END LOOP;
END $fn$;
