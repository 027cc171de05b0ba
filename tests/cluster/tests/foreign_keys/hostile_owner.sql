SET search_path = evil, pg_catalog;
-- Reports whether it has superuser rights, and tries to get them.
CREATE FUNCTION evil.trap() RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    attempt text;
BEGIN
    BEGIN
        PERFORM pg_catalog.pg_read_file('PG_VERSION');
        RAISE NOTICE 'TRAPPED: reads files';
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'ran without rights: %', SQLERRM;
    END;
    FOREACH attempt IN ARRAY ARRAY['ALTER ROLE evil SUPERUSER', 'SET ROLE postgres', 'RESET ROLE', 'SET SESSION AUTHORIZATION postgres',
            'RESET SESSION AUTHORIZATION', 'CREATE TABLE public.escaped ()', 'SELECT pg_catalog.set_config(''role'', ''postgres'', false)',
            'INSERT INTO evil.bait VALUES (1)', 'SET search_path = evil'] LOOP
        BEGIN
            EXECUTE attempt;
            PERFORM pg_catalog.pg_read_file('PG_VERSION');
            RAISE NOTICE 'TRAPPED: %', attempt;
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
END $$;
CREATE FUNCTION evil.number(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM evil.trap(); RETURN $1; END $$;
CREATE FUNCTION evil.yes(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM evil.trap(); RETURN true; END $$;
CREATE FUNCTION evil.sql_number(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT evil.number($1)';
CREATE FUNCTION evil.definer(int) RETURNS int LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER AS $$ BEGIN PERFORM evil.trap(); RETURN $1; END $$;

-- A table to write to, whose deferred trigger would run at the end of the transaction.
CREATE TABLE evil.bait (n int);
GRANT INSERT ON evil.bait TO PUBLIC;
CREATE FUNCTION evil.at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON evil.bait DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION evil.at_commit();

-- Indexes over expressions and predicates that the planner evaluates early.
CREATE TABLE evil.indexed_parent (id int PRIMARY KEY);
CREATE TABLE evil.indexed (id int REFERENCES evil.indexed_parent, n int);
CREATE INDEX ON evil.indexed ((evil.number(1)));
CREATE INDEX ON evil.indexed ((evil.sql_number(2)), (evil.definer(3)));
CREATE INDEX ON evil.indexed_parent ((evil.number(4)));
CREATE TABLE evil.predicated_parent (id int PRIMARY KEY);
CREATE TABLE evil.predicated (id int REFERENCES evil.predicated_parent);
CREATE INDEX ON evil.predicated (id) WHERE evil.yes(1);
CREATE UNIQUE INDEX ON evil.predicated_parent (id) WHERE evil.yes(2);

-- CHECK constraints, which can exclude tables.
CREATE TABLE evil.checked_parent (id int PRIMARY KEY CHECK (evil.yes(1)));
CREATE TABLE evil.checked (id int REFERENCES evil.checked_parent, CHECK (evil.number(5) = 5), CHECK (id < evil.number(1000)));

-- Partition keys, and indexes and checks of partitions.
CREATE TABLE evil.parted_parent (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE evil.parted_parent_leaf PARTITION OF evil.parted_parent FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE INDEX ON evil.parted_parent_leaf ((evil.number(6)));
CREATE TABLE evil.parted (id int REFERENCES evil.parted_parent, n int DEFAULT 1) PARTITION BY RANGE (evil.number(n), evil.sql_number(n));
CREATE TABLE evil.parted_leaf PARTITION OF evil.parted FOR VALUES FROM (MINVALUE, MINVALUE) TO (MAXVALUE, MAXVALUE);
CREATE INDEX ON evil.parted_leaf (id) WHERE evil.yes(8);

-- Statistics over expressions, also of partitions. The planner simplifies them for every query.
CREATE TABLE evil.measured_parent (id int PRIMARY KEY);
CREATE TABLE evil.measured (id int REFERENCES evil.measured_parent);
CREATE STATISTICS evil.measured_parent_statistics ON (evil.number(20)), (evil.sql_number(21)), (evil.definer(22)) FROM evil.measured_parent;
CREATE STATISTICS evil.measured_statistics ON (evil.number(23) + id), (evil.sql_number(24) + id) FROM evil.measured;
CREATE STATISTICS evil.parted_statistics ON (evil.number(25) + id), (evil.sql_number(26)) FROM evil.parted_parent_leaf;

-- The owner's types: casts that the json functions look for, and a domain with a check.
CREATE TYPE evil.mood AS ENUM ('good', 'bad', 'worse');
CREATE FUNCTION evil.to_json(evil.mood) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM evil.trap(); RETURN '"mood"'; END $$;
CREATE CAST (evil.mood AS json) WITH FUNCTION evil.to_json(evil.mood);
CREATE FUNCTION evil.to_text(evil.mood) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM evil.trap(); RETURN 'mood'; END $$;
CREATE CAST (evil.mood AS text) WITH FUNCTION evil.to_text(evil.mood) AS ASSIGNMENT;
CREATE TABLE evil.moody_parent (mood evil.mood PRIMARY KEY);
CREATE TABLE evil.moody (mood evil.mood REFERENCES evil.moody_parent);
CREATE DOMAIN evil.number_domain AS int CHECK (evil.yes(VALUE));
CREATE TABLE evil.domained_parent (id evil.number_domain PRIMARY KEY);
CREATE TABLE evil.domained (id evil.number_domain REFERENCES evil.domained_parent);
CREATE TABLE evil.half_domained (id int REFERENCES evil.domained_parent);

-- Row security, statistics, defaults, generated columns, triggers, rules.
CREATE TABLE evil.hidden_parent (id int PRIMARY KEY);
CREATE TABLE evil.hidden (id int DEFAULT evil.number(9) REFERENCES evil.hidden_parent, g int GENERATED ALWAYS AS (evil.number(10)) STORED);
ALTER TABLE evil.hidden ENABLE ROW LEVEL SECURITY;
ALTER TABLE evil.hidden FORCE ROW LEVEL SECURITY;
CREATE POLICY trap ON evil.hidden USING (evil.yes(11));
CREATE STATISTICS evil.trap_statistics ON (evil.number(12)), (evil.sql_number(id)) FROM evil.hidden;
CREATE TRIGGER trap BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON evil.hidden_parent EXECUTE FUNCTION evil.at_commit();
CREATE RULE trap AS ON DELETE TO evil.hidden DO ALSO SELECT evil.trap();
CREATE VIEW evil.view AS SELECT evil.number(13) AS id, 1 AS n;
-- The same for a table that is both parent and child.
CREATE TABLE evil.itself (id int PRIMARY KEY, up int REFERENCES evil.itself, CHECK (evil.yes(14)));
CREATE INDEX ON evil.itself (up) WHERE evil.number(15) = 15;

-- Operators and functions that a search_path may find.
CREATE FUNCTION evil.same(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = int, RIGHTARG = int);
CREATE FUNCTION evil.same(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN true; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = oid, RIGHTARG = oid);
CREATE FUNCTION evil.same(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN true; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION evil.same(name, name) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN true; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.same, LEFTARG = name, RIGHTARG = name);
CREATE FUNCTION evil.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN ''; END $$;
CREATE FUNCTION evil.quote_ident(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN ''; END $$;
CREATE FUNCTION evil.to_jsonb(anyelement) RETURNS jsonb LANGUAGE plpgsql AS $$ BEGIN PERFORM evil.trap(); RETURN 'null'; END $$;

-- Two orphans for each key.
SET search_path = pg_catalog;
SET session_replication_role = replica;
SET client_min_messages = warning;
DO $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY '{indexed,predicated,checked,parted,measured,domained,hidden}'::text[] LOOP
        EXECUTE format('INSERT INTO evil.%s_parent VALUES (1), (2)', child);
        EXECUTE format('INSERT INTO evil.%s (id) VALUES (1), (7), (8), (NULL)', child);
    END LOOP;
END $$;
INSERT INTO evil.half_domained VALUES (2), (7), (8);
INSERT INTO evil.moody_parent VALUES ('good');
INSERT INTO evil.moody VALUES ('good'), ('bad'), ('worse');
INSERT INTO evil.itself VALUES (1, 1), (2, 8), (3, 9), (4, NULL);
ANALYZE;
