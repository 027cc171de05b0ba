-- Many foreign keys of small tables, and a function that runs an anti-join by hand for each.
CREATE PROCEDURE make(keys int) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..keys LOOP
        EXECUTE format(
            'CREATE TABLE p%s (id int PRIMARY KEY);
             INSERT INTO p%1$s SELECT generate_series(1, 100);
             CREATE TABLE c%1$s (id int PRIMARY KEY, pid int REFERENCES p%1$s);
             INSERT INTO c%1$s SELECT i, i FROM generate_series(1, 100) i', i);
        -- A lock for each table would fill the lock table.
        IF i % 100 = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END $$;
CALL make(:keys);
VACUUM ANALYZE;
CREATE FUNCTION by_hand() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    key record;
    found bigint;
    total bigint := 0;
BEGIN
    FOR key IN SELECT conrelid::regclass AS child, confrelid::regclass AS parent FROM pg_constraint WHERE contype = 'f' LOOP
        EXECUTE format('SELECT count(*) FROM %s c WHERE c.pid IS NOT NULL AND NOT EXISTS (SELECT FROM %s p WHERE p.id = c.pid)', key.child, key.parent)
            INTO found;
        total := total + found;
    END LOOP;
    RETURN total;
END $$;
