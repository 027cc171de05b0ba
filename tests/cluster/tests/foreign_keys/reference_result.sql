-- The correct result for a foreign key, determined by the server itself, one row at a time.
CREATE SCHEMA truth;

-- The row_no of the child's rows that the constraint's own trigger refuses. `seen` is the relation
-- that the constraint covers: the table, or ONLY the table. `columns` are the writable columns. The
-- constraint's triggers are on.
CREATE FUNCTION truth.orphans(child text, seen text, columns text, self boolean) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE
    number int;
    refused int[] := '{}';
BEGIN
    EXECUTE format('CREATE TEMP TABLE pg_temp.kept ON COMMIT DROP AS SELECT %s FROM %s', columns, seen);
    SET CONSTRAINTS ALL IMMEDIATE;
    FOR number IN SELECT row_no FROM pg_temp.kept ORDER BY 1 LOOP
        BEGIN
            IF self THEN
                -- Its key has to be free before the row can be inserted again.
                SET LOCAL session_replication_role = replica;
                EXECUTE format('DELETE FROM %s WHERE row_no = %s', seen, number);
                SET LOCAL session_replication_role = origin;
            END IF;
            EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM pg_temp.kept WHERE row_no = %s', child, columns, number);
            RAISE EXCEPTION USING ERRCODE = 'OR000';
        EXCEPTION
            WHEN foreign_key_violation THEN refused := refused || number;
            WHEN SQLSTATE 'OR000' THEN NULL;
        END;
    END LOOP;
    DROP TABLE pg_temp.kept;
    RETURN refused;
END $$;

-- The result of a statement: NULL, or an error's SQLSTATE and message. The statement is always
-- rolled back.
CREATE FUNCTION truth.attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RAISE EXCEPTION USING ERRCODE = 'OR000';
EXCEPTION WHEN OTHERS THEN
    RETURN CASE WHEN SQLSTATE <> 'OR000' THEN SQLSTATE || ' ' || SQLERRM END;
END $$;
