-- Creates :tables tables with a serial primary key and a few rows each, in batches that fit into
-- the lock table.
\set ON_ERROR_STOP on
CREATE PROCEDURE make_tables(wanted integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 1 .. wanted LOOP
        EXECUTE format('CREATE TABLE t%s (id serial PRIMARY KEY, note text)', n);
        EXECUTE format('INSERT INTO t%s (note) SELECT ''row '' || g FROM generate_series(1, 20) g', n);
        IF n % 500 = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END $$;
CALL make_tables(:tables);
DROP PROCEDURE make_tables;
CREATE EXTENSION pg_flightcheck;

-- The relations that seq_audit opens: each table, its primary key's index, its sequence. This table
-- is in a separate schema, so that it does not count.
CREATE SCHEMA bench;
CREATE TABLE bench.relations AS
    SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i', 'S');

-- The usual replacement, which holds a lock on each relation until its end.
CREATE FUNCTION bench.plpgsql_loop() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    pair record;
    furthest bigint;
    last bigint;
    behind bigint := 0;
BEGIN
    FOR pair IN
        SELECT a.attrelid::regclass AS tab, quote_ident(a.attname) AS col,
               pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) AS seq
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND a.atthasdef
    LOOP
        EXECUTE format('SELECT max(%s) FROM %s', pair.col, pair.tab) INTO furthest;
        EXECUTE format('SELECT last_value FROM %s', pair.seq) INTO last;
        IF furthest > last THEN
            behind := behind + 1;
        END IF;
    END LOOP;
    RETURN behind;
END $$;

VACUUM (ANALYZE) pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_attrdef, pg_catalog.pg_depend, pg_catalog.pg_index,
    pg_catalog.pg_sequence, pg_catalog.pg_constraint, pg_catalog.pg_type, bench.relations;
CHECKPOINT;
