-- Waits until every transaction that now holds a writer's lock on one of the tables has ended;
-- returns why it gave up, NULL if all have ended. As src/sequences/fence.rs says, it polls, holds no
-- lock that another session could wait for, and gives up on a transaction that waits for this one. A
-- fence announces the process that it waits for as an advisory lock, so that fences that wait for
-- each other notice it.
CREATE FUNCTION @extschema@.fc_seq_fence(tables oid[])
RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    announced CONSTANT int := 1178879590;
    writer record;
    until timestamptz;
    nap numeric;
    problem text;
BEGIN
    FOR writer IN
        SELECT w.* FROM (
            @queries/fence_writers.sql(tables; (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))@
        ) w (transaction, pid) WHERE w.pid IS DISTINCT FROM pg_backend_pid()
    LOOP
        until := CASE WHEN current_setting('lock_timeout') <> '0' THEN clock_timestamp() + current_setting('lock_timeout')::interval END;
        nap := 0.001;
        BEGIN
            PERFORM pg_try_advisory_xact_lock_shared(announced, writer.pid) WHERE writer.pid IS NOT NULL;
            WHILE EXISTS (SELECT FROM pg_locks l WHERE l.virtualtransaction = writer.transaction) LOOP
                IF clock_timestamp() >= until THEN
                    problem := 'a transaction that may have written ids did not end within lock_timeout';
                    EXIT;
                END IF;
                IF nap >= 0.016 AND writer.pid IS NOT NULL AND pg_backend_pid() IN (
                    WITH RECURSIVE waits (pid) AS (
                        SELECT writer.pid
                        UNION
                        SELECT blocker.pid FROM waits w CROSS JOIN LATERAL (
                            SELECT unnest(pg_blocking_pids(w.pid))
                            UNION ALL SELECT unnest(pg_safe_snapshot_blocking_pids(w.pid))
                            UNION ALL SELECT l.objid::bigint::int FROM pg_locks l
                                       WHERE l.locktype = 'advisory' AND l.classid = announced::oid AND l.objsubid = 2 AND l.pid = w.pid) blocker (pid)
                    ) SELECT waits.pid FROM waits) THEN
                    problem := format('process %s may have written ids and waits for this session; run it again', writer.pid);
                    EXIT;
                END IF;
                PERFORM pg_sleep(nap);
                nap := least(nap * 2, 0.1);
            END LOOP;
            RAISE SQLSTATE 'FC000';
        EXCEPTION WHEN SQLSTATE 'FC000' THEN
            NULL;
        END;
        EXIT WHEN problem IS NOT NULL;
    END LOOP;
    RETURN problem;
END $fn$;
