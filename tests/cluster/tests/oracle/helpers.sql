-- Runs an INSERT up to `times` times and undoes everything. Returns how many succeeded and the
-- SQLSTATE.
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

-- The same for a column without a unique index: draws values until one exists in the column.
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

-- The same for an application that uses each value for a block of ids: `insert` gets the value,
-- which must fit into the column's type.
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
