-- Functions that PUBLIC can neither execute nor have inlined, in every kind of expression that the
-- planner evaluates. Run by an owner who may use them.
SET search_path = public;
CREATE FUNCTION plain(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1); END';
-- In SQL and in PL/pgSQL; without EXECUTE; and with a body that needs the owner's search_path,
-- which CREATE INDEX rejects from version 17.
CREATE FUNCTION f_sql(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT public.plain($1)';
CREATE FUNCTION f_other(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN public.plain($1); END';
CREATE FUNCTION f_shut(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower($1); END';
REVOKE EXECUTE ON FUNCTION f_shut(text) FROM PUBLIC;
CREATE FUNCTION f_path(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT public.plain($1)';

CREATE FUNCTION pair(child text, is_parted boolean, key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parts text;
BEGIN
    parts := CASE WHEN is_parted THEN ' PARTITION BY HASH (id)' ELSE '' END;
    EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY, name text)%s', child || '_parent', parts);
    EXECUTE format('CREATE TABLE %I (id int CONSTRAINT %I REFERENCES %I, name text)%s', child, child, child || '_parent',
        CASE WHEN key IS NULL THEN parts ELSE format(' PARTITION BY RANGE (%s)', key) END);
    IF is_parted THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 1, REMAINDER 0)', child || '_parent_leaf', child || '_parent');
        EXECUTE format('CREATE TABLE %I PARTITION OF %I %s', child || '_leaf', child,
            CASE WHEN key IS NULL THEN 'FOR VALUES WITH (MODULUS 1, REMAINDER 0)' ELSE 'DEFAULT' END);
    END IF;
    EXECUTE format('INSERT INTO %I SELECT i, ''n'' FROM generate_series(1, 3) i', child || '_parent');
    -- One orphan.
    EXECUTE format('INSERT INTO %I SELECT i, ''n'' FROM generate_series(2, 4) i', child);
END $$;

SET session_replication_role = replica;
DO $$
DECLARE
    f text;
    child text;
    target text;
    side text;
    is_parted boolean;
BEGIN
    FOREACH f IN ARRAY '{f_sql,f_other,f_shut,f_path}'::text[] LOOP
        FOREACH is_parted IN ARRAY '{f,t}'::boolean[] LOOP
            FOREACH side IN ARRAY ARRAY['', '_parent'] LOOP
                child := concat(f, side, CASE WHEN is_parted THEN '_parted' END, '_');
                PERFORM pair(child || 'expression', is_parted, NULL), pair(child || 'predicate', is_parted, NULL), pair(child || 'statistics', is_parted, NULL),
                    pair(child || 'check', is_parted, NULL);
                target := side || CASE WHEN is_parted THEN '_leaf' ELSE '' END;
                EXECUTE format('CREATE INDEX ON %I ((name || %s(''x'')))', child || 'expression' || target, f);
                EXECUTE format('CREATE INDEX ON %I (id) WHERE name > %s(''A'')', child || 'predicate' || target, f);
                EXECUTE format('CREATE STATISTICS %I ON (name || %s(''x'')), id FROM %I', child || 's', f, child || 'statistics' || target);
                EXECUTE format('ALTER TABLE %I ADD CHECK (name > %s(''A''))', child || 'check' || target, f);
            END LOOP;
        END LOOP;
        -- A partition key is evaluated with its owner's rights and without a search_path.
        IF f <> 'f_path' THEN
            PERFORM pair(f || '_key', true, format('(name || %s(''x''))', f));
        END IF;
    END LOOP;
END $$;
RESET session_replication_role;
-- The rows exist, so the qualified name is not needed any more.
CREATE OR REPLACE FUNCTION f_path(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT plain($1)';
