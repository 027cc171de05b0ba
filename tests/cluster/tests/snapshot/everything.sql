-- One of everything that pg_dump knows, in ways that depend on each other as they do in
-- applications.
CREATE SCHEMA app AUTHORIZATION owner_of_all;
CREATE SCHEMA tools AUTHORIZATION owner_of_all;
COMMENT ON SCHEMA app IS 'the application';
GRANT USAGE ON SCHEMA app TO reader, writer;
GRANT CREATE ON SCHEMA tools TO writer;
CREATE EXTENSION citext SCHEMA tools;
COMMENT ON EXTENSION citext IS 'text without case';
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO reader;

-- Types.
CREATE TYPE app.mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE TYPE app.pair AS (x int, y text COLLATE "C");
CREATE TYPE app.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE DOMAIN app.positive AS int DEFAULT 3 CONSTRAINT above_zero CHECK (VALUE > 0);
CREATE TYPE app.later;
CREATE TYPE app.base;
CREATE FUNCTION app.base_in(cstring) RETURNS app.base LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION app.base_out(app.base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE app.base (INPUT = app.base_in, OUTPUT = app.base_out, LIKE = int4);
COMMENT ON TYPE app.mood IS 'how it is';
COMMENT ON COLUMN app.pair.y IS 'the second';
COMMENT ON CONSTRAINT above_zero ON DOMAIN app.positive IS 'why';
COMMENT ON DOMAIN app.positive IS 'a count';
REVOKE USAGE ON TYPE app.mood FROM PUBLIC;
GRANT USAGE ON TYPE app.mood TO writer;
GRANT USAGE ON DOMAIN app.positive TO writer;

-- Functions, operators and what is made of them.
CREATE FUNCTION app.plus(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE FUNCTION app.secret(int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = app, pg_temp SET app.token = 'xyzzy' AS $$ BEGIN RETURN $1; END $$;
CREATE FUNCTION app.parsed(int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT app.plus($1, 2); END;
CREATE PROCEDURE app.work(int) LANGUAGE plpgsql AS 'BEGIN END';
CREATE AGGREGATE app.total(int) (SFUNC = app.plus, STYPE = int, INITCOND = '0');
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION app.pair_equal(app.pair, app.pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x = ($2).x';
CREATE FUNCTION app.pair_less(app.pair, app.pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x < ($2).x';
CREATE FUNCTION app.pair_hash(app.pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x';
CREATE FUNCTION app.pair_text(app.pair) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ($1).y';
CREATE OPERATOR app.=== (FUNCTION = app.pair_equal, LEFTARG = app.pair, RIGHTARG = app.pair, COMMUTATOR = OPERATOR(app.===), HASHES);
CREATE OPERATOR app.<<< (FUNCTION = app.pair_less, LEFTARG = app.pair, RIGHTARG = app.pair);
CREATE OPERATOR FAMILY app.pairs USING hash;
CREATE OPERATOR CLASS app.pair_ops DEFAULT FOR TYPE app.pair USING hash FAMILY app.pairs AS OPERATOR 1 app.===, FUNCTION 1 app.pair_hash(app.pair);
CREATE OPERATOR FAMILY app.numbers USING btree;
ALTER OPERATOR FAMILY app.numbers USING btree ADD OPERATOR 1 <(int, int), OPERATOR 3 =(int, int), FUNCTION 1 btint4cmp(int, int);
CREATE CAST (app.pair AS text) WITH FUNCTION app.pair_text(app.pair) AS ASSIGNMENT;
COMMENT ON FUNCTION app.plus(int, int) IS 'adds';
COMMENT ON PROCEDURE app.work(int) IS 'works';
COMMENT ON AGGREGATE app.total(int) IS 'sums';
COMMENT ON OPERATOR app.===(app.pair, app.pair) IS 'same';
COMMENT ON OPERATOR CLASS app.pair_ops USING hash IS 'class';
COMMENT ON OPERATOR FAMILY app.numbers USING btree IS 'family';
COMMENT ON CAST (app.pair AS text) IS 'as text';
REVOKE EXECUTE ON FUNCTION app.secret(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.secret(int) TO writer;
GRANT EXECUTE ON PROCEDURE app.work(int) TO reader WITH GRANT OPTION;
CREATE COLLATION app.bytes (LOCALE = 'C');
CREATE CONVERSION app.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH TEMPLATE app.template (LEXIZE = dsimple_lexize, INIT = dsimple_init);
CREATE TEXT SEARCH PARSER app.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH DICTIONARY app.words (TEMPLATE = app.template, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION app.search (PARSER = app.parser);
ALTER TEXT SEARCH CONFIGURATION app.search ADD MAPPING FOR word WITH app.words, simple;
COMMENT ON COLLATION app.bytes IS 'bytes';
COMMENT ON CONVERSION app.latin IS 'latin';
COMMENT ON TEXT SEARCH DICTIONARY app.words IS 'words';
COMMENT ON TEXT SEARCH CONFIGURATION app.search IS 'search';
COMMENT ON TEXT SEARCH PARSER app.parser IS 'parser';
COMMENT ON TEXT SEARCH TEMPLATE app.template IS 'template';
CREATE FUNCTION app.handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE TRUSTED LANGUAGE own HANDLER app.handler;
COMMENT ON LANGUAGE own IS 'a language';
GRANT USAGE ON LANGUAGE own TO writer;
CREATE FUNCTION app.from_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'prsd_lextype';
CREATE TRANSFORM FOR app.mood LANGUAGE plpgsql (FROM SQL WITH FUNCTION app.from_sql(internal));
CREATE ACCESS METHOD own_tree TYPE INDEX HANDLER bthandler;
COMMENT ON ACCESS METHOD own_tree IS 'a tree';

-- Tables, with everything that belongs to them.
CREATE TABLE app.people (
    id serial PRIMARY KEY, email tools.citext NOT NULL CONSTRAINT one_email UNIQUE, name text DEFAULT 'nobody', mood app.mood DEFAULT 'happy',
    moods app.mood[], count app.positive, pair app.pair, twice int GENERATED ALWAYS AS (app.plus(1)) STORED, CONSTRAINT has_name CHECK (app.plus(length(name), 0) > 0)
) WITH (fillfactor = 70);
CREATE TABLE app.orders (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY, person int CONSTRAINT of_person REFERENCES app.people, net numeric DEFAULT app.plus(1),
    note text COLLATE app.bytes
);
CREATE TABLE app.typed OF app.pair (x WITH OPTIONS PRIMARY KEY);
CREATE TABLE app.log (at date NOT NULL, level int DEFAULT 1, said text) PARTITION BY RANGE (at);
CREATE TABLE app.log_2025 PARTITION OF app.log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE app.log_rest PARTITION OF app.log DEFAULT;
CREATE TABLE app.parent (id int, what text);
CREATE TABLE app.child (more int) INHERITS (app.parent);
ALTER TABLE app.parent ADD CONSTRAINT later CHECK (id > 0) NOT VALID NO INHERIT;
CREATE UNLOGGED TABLE app.cache (key text PRIMARY KEY);
CREATE SEQUENCE app.numbers START 5 INCREMENT 5 CACHE 3;
CREATE SEQUENCE app.owned;
ALTER SEQUENCE app.owned OWNED BY app.orders.note;
ALTER TABLE app.people ALTER name SET STORAGE EXTERNAL, ALTER name SET STATISTICS 200, ALTER count SET (n_distinct = 7), CLUSTER ON people_pkey;
ALTER TABLE app.orders REPLICA IDENTITY FULL;
CREATE INDEX by_name ON app.people (lower(name)) WITH (fillfactor = 80);
ALTER INDEX app.by_name ALTER COLUMN 1 SET STATISTICS 300;
CREATE UNIQUE INDEX by_pair ON app.people (id, name) INCLUDE (mood) WHERE count > 0;
CREATE INDEX by_hash ON app.people USING hash (pair);
CREATE INDEX log_by_level ON app.log (level);
CREATE STATISTICS app.both ON id, name FROM app.people;
ALTER STATISTICS app.both SET STATISTICS 50;
CREATE TRIGGER touch BEFORE UPDATE ON app.people FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION app.touch();
CREATE TRIGGER late AFTER INSERT ON app.orders FOR EACH ROW EXECUTE FUNCTION app.touch();
ALTER TABLE app.orders DISABLE TRIGGER late;
CREATE RULE no_delete AS ON DELETE TO app.orders DO INSTEAD NOTHING;
ALTER TABLE app.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.people FOR SELECT TO reader USING (app.plus(id) > 1);
CREATE POLICY all_rows ON app.people AS RESTRICTIVE USING (true) WITH CHECK (id > 0);
CREATE VIEW app.happy WITH (security_barrier) AS SELECT id, name, mood FROM app.people WHERE mood = 'happy';
ALTER VIEW app.happy ALTER name SET DEFAULT 'new';
CREATE RULE into_people AS ON INSERT TO app.happy DO INSTEAD INSERT INTO app.people (email, name) VALUES (NEW.name, NEW.name);
CREATE VIEW app.happier AS SELECT h.id, app.plus(h.id) AS more FROM app.happy h;
CREATE MATERIALIZED VIEW app.sums AS SELECT person, sum(net) AS net FROM app.orders GROUP BY person;
CREATE UNIQUE INDEX sums_person ON app.sums (person);
COMMENT ON TABLE app.people IS 'people';
COMMENT ON COLUMN app.people.name IS 'name';
COMMENT ON CONSTRAINT has_name ON app.people IS 'a check';
COMMENT ON CONSTRAINT people_pkey ON app.people IS 'a key';
COMMENT ON INDEX app.by_name IS 'an index';
COMMENT ON INDEX app.one_email IS 'an index of a constraint';
COMMENT ON TRIGGER touch ON app.people IS 'a trigger';
COMMENT ON RULE no_delete ON app.orders IS 'a rule';
COMMENT ON POLICY own ON app.people IS 'a policy';
COMMENT ON SEQUENCE app.numbers IS 'numbers';
COMMENT ON STATISTICS app.both IS 'statistics';
COMMENT ON VIEW app.happy IS 'a view';
COMMENT ON COLUMN app.happy.name IS 'a column of a view';
COMMENT ON MATERIALIZED VIEW app.sums IS 'stored';
GRANT SELECT, INSERT ON app.people TO writer;
GRANT SELECT ON app.people, app.orders, app.log, app.happy, app.sums TO reader WITH GRANT OPTION;
GRANT UPDATE (name), REFERENCES (id) ON app.people TO reader;
GRANT USAGE, SELECT ON SEQUENCE app.numbers TO writer;
REVOKE ALL ON app.parent FROM owner_of_all;

-- A schema that depends on no other.
CREATE SCHEMA plain AUTHORIZATION owner_of_all;
GRANT USAGE ON SCHEMA plain TO reader;
CREATE TYPE plain.state AS ENUM ('on', 'off');
CREATE FUNCTION plain.one() RETURNS int LANGUAGE sql STABLE AS 'SELECT 1';
CREATE TABLE plain.things (id serial PRIMARY KEY, state plain.state DEFAULT 'on', size int DEFAULT plain.one() CHECK (size > 0));
CREATE INDEX by_size ON plain.things (size);
CREATE VIEW plain.lit AS SELECT id FROM plain.things WHERE state = 'on';
GRANT SELECT ON plain.things, plain.lit TO reader;
COMMENT ON TABLE plain.things IS 'things';
INSERT INTO plain.things (size) SELECT i FROM generate_series(1, 10) i;

-- What belongs to the database.
CREATE FUNCTION app.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE SEQUENCE') EXECUTE FUNCTION app.watch();
COMMENT ON EVENT TRIGGER watch IS 'watches';
CREATE FOREIGN DATA WRAPPER wrapper OPTIONS (debug 'true');
CREATE SERVER elsewhere TYPE 'x' VERSION '1' FOREIGN DATA WRAPPER wrapper OPTIONS (host 'db.example.org', password 'sesame');
CREATE USER MAPPING FOR writer SERVER elsewhere OPTIONS ("user" 'me', password 'open');
CREATE FOREIGN TABLE app.far (id int OPTIONS (column_name 'nr') NOT NULL, note text) SERVER elsewhere OPTIONS (table_name 'far', api_key 'hidden');
COMMENT ON FOREIGN DATA WRAPPER wrapper IS 'a wrapper';
COMMENT ON SERVER elsewhere IS 'a server';
COMMENT ON FOREIGN TABLE app.far IS 'far';
GRANT USAGE ON FOREIGN DATA WRAPPER wrapper TO writer;
GRANT USAGE ON FOREIGN SERVER elsewhere TO writer;
CREATE PUBLICATION chosen FOR TABLE app.people WHERE (id > 5), app.orders;
CREATE PUBLICATION whole FOR TABLES IN SCHEMA app WITH (publish = 'insert');
COMMENT ON PUBLICATION chosen IS 'some';
CREATE SUBSCRIPTION from_there CONNECTION 'host=nowhere.example.org password=swordfish' PUBLICATION p WITH (connect = false, slot_name = NONE);
COMMENT ON SUBSCRIPTION from_there IS 'from there';
ALTER DEFAULT PRIVILEGES FOR ROLE owner_of_all IN SCHEMA app GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_of_all REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SELECT lo_from_bytea(4711, 'a large object'), lo_from_bytea(4712, 'another one');
COMMENT ON LARGE OBJECT 4711 IS 'large';
GRANT SELECT ON LARGE OBJECT 4711 TO reader;

INSERT INTO app.people (email, name) SELECT i || '@example.org', 'name ' || i FROM generate_series(1, 20) i;
INSERT INTO app.orders (person, net) SELECT i, i FROM generate_series(1, 20) i;
INSERT INTO app.typed VALUES (1, 'one');
INSERT INTO app.log (at, said) VALUES ('2025-05-05', 'then'), ('2026-05-05', 'now');
INSERT INTO app.parent VALUES (1, 'parent');
INSERT INTO app.child VALUES (2, 'child', 3);
INSERT INTO app.cache VALUES ('key');
SELECT nextval('app.numbers'), nextval('app.owned');
REFRESH MATERIALIZED VIEW app.sums;
DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN
        SELECT format('ALTER %s %s OWNER TO owner_of_all', CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass)
          FROM pg_class c WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0)
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO owner_of_all', p.oid::regprocedure) FROM pg_proc p
         WHERE p.pronamespace = 'app'::regnamespace AND p.prokind <> 'a' AND p.prolang <> 12
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
    LOOP
        EXECUTE statement;
    END LOOP;
END $$;
ANALYZE;
