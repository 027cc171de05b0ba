-- Runs an INSERT up to `times` times, undoes all of it, and says how many succeeded and what ended it.
CREATE FUNCTION oracle.inserts(statement text, times int, OUT succeeded int, OUT state text) LANGUAGE plpgsql AS $$
BEGIN
    succeeded := 0;
    BEGIN
        WHILE succeeded < times LOOP
            EXECUTE statement;
            succeeded := succeeded + 1;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'OR000';
    EXCEPTION WHEN OTHERS THEN
        state := nullif(SQLSTATE, 'OR000');
    END;
END $$;

-- The same for a column without a unique index: draws values until one is in the column already.
CREATE FUNCTION oracle.draws(sequence regclass, present text, times int, OUT succeeded int, OUT state text)
LANGUAGE plpgsql AS $$
DECLARE
    is_there boolean;
BEGIN
    succeeded := 0;
    WHILE succeeded < times LOOP
        EXECUTE present INTO is_there USING nextval(sequence);
        IF is_there THEN
            state := '23505';
            RETURN;
        END IF;
        succeeded := succeeded + 1;
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    state := SQLSTATE;
END $$;

-- The same for an application that takes a value for a block of ids: `insert` gets the value, and the column's type must hold it.
CREATE FUNCTION oracle.blocks(sequence regclass, insert text, type text, times int, OUT succeeded int, OUT state text)
LANGUAGE plpgsql AS $$
DECLARE
    value numeric;
BEGIN
    succeeded := 0;
    BEGIN
        WHILE succeeded < times LOOP
            value := nextval(sequence);
            EXECUTE format('SELECT $1::%s', type) USING value;
            EXECUTE insert USING value;
            succeeded := succeeded + 1;
        END LOOP;
        RAISE EXCEPTION USING ERRCODE = 'OR000';
    EXCEPTION WHEN OTHERS THEN
        state := nullif(SQLSTATE, 'OR000');
    END;
END $$;
