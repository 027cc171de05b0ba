-- Creates tables t1, t2, … of 25 columns each, a few hundred in a transaction.
CREATE PROCEDURE create_tables(first integer, last integer) LANGUAGE plpgsql AS $$
DECLARE
    columns text := (SELECT string_agg(format('c%s text', i), ', ') FROM generate_series(2, 25) i);
BEGIN
    FOR i IN first .. last LOOP
        EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, %s)', i, columns);
        IF i % 200 = 0 THEN COMMIT; END IF;
    END LOOP;
END $$;
