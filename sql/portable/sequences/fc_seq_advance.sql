-- Moves a sequence until its last value is "target" or lies beyond it, never back, and takes no lock
-- that inserts wait for. Returns the position before, as last_value and is_called.
--
-- It draws as nextval does. Where more than 100,000 values lie in between, it draws one and sets the
-- sequence in the same expression: this would take values back only if other sessions drew 100,000
-- values between the two calls. Drawing goes on until this session has no cached value before the
-- target left.
CREATE FUNCTION @extschema@.fc_seq_advance(sequence oid, increment numeric, target bigint)
RETURNS TABLE (last_value bigint, is_called boolean) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    most CONSTANT numeric := 100000;
    drawn numeric;
    rest numeric;
BEGIN
    EXECUTE format('SELECT s.last_value, s.is_called FROM %s s', @extschema@.fc_relation(sequence)) INTO last_value, is_called;
    RETURN NEXT;
    rest := ceil((target::numeric - last_value) / increment) + CASE WHEN is_called THEN 0 ELSE 1 END;
    WHILE rest > 0 LOOP
        IF rest > most THEN
            SELECT CASE WHEN (target::numeric - d.value) * sign(increment) >= most * abs(increment)
                        THEN setval(sequence::regclass, target) ELSE d.value END
              INTO drawn
              FROM (SELECT nextval(sequence::regclass) AS value OFFSET 0) d;
        ELSE
            SELECT CASE WHEN increment > 0 THEN max(d.value) ELSE min(d.value) END INTO drawn
              FROM (SELECT nextval(sequence::regclass) AS value FROM generate_series(1, least(rest, 1000)::int)) d;
        END IF;
        rest := ceil((target - drawn) / increment);
    END LOOP;
END $fn$;
