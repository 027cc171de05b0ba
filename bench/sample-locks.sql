-- Prints the most locks that the session bench-audit held in any sample, and the number of samples
-- in which it held any.
SELECT pid AS watched FROM pg_stat_activity WHERE application_name = 'bench-audit' \gset
CREATE TEMP TABLE seen (peak bigint, samples bigint);
SELECT set_config('bench.watched', :'watched', false) \g /dev/null
DO $$
DECLARE
    held bigint;
    peak bigint := 0;
    samples bigint := 0;
BEGIN
    LOOP
        SELECT count(*) INTO held FROM pg_locks WHERE pid = current_setting('bench.watched')::int;
        peak := greatest(peak, held);
        samples := samples + (held > 0)::int;
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = current_setting('bench.watched')::int);
        PERFORM pg_sleep(0.001);
    END LOOP;
    INSERT INTO seen VALUES (peak, samples);
END $$;
SELECT peak, samples FROM seen;
