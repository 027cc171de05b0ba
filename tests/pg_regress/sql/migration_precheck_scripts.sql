-- migration_precheck: what migrations of frameworks and public projects have in them.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA ms;
SET search_path = ms, public;
CREATE FUNCTION found(script text, mode text DEFAULT NULL) RETURNS TABLE (severity text, s int, check_name text, object text, sqlstate text, detail text) LANGUAGE sql AS
'SELECT severity, statement, check_name, object, sqlstate, detail FROM public.migration_precheck(script, NULL, mode) WHERE check_name NOT IN (''lock'', ''lock_timeout'', ''rewrite'')';
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TYPE tone AS ENUM ('low');
CREATE TYPE address AS (street text);
CREATE TABLE person (id int PRIMARY KEY, mood mood DEFAULT 'sad', name text, age text, home address);
INSERT INTO person VALUES (1, 'sad', 'a', '7', NULL), (2, 'glad', 'A', 'x', NULL);
CREATE TABLE visit (id int PRIMARY KEY, person_id int, n int);
INSERT INTO visit VALUES (1, 1, 0);
CREATE MATERIALIZED VIEW recent AS SELECT id FROM visit;

-- An enum is replaced, as Prisma and TypeORM do.
SELECT * FROM found('ALTER TYPE mood RENAME TO mood_old;
CREATE TYPE mood AS ENUM (''sad'', ''calm'', ''glad'');
ALTER TABLE person ALTER COLUMN mood DROP DEFAULT, ALTER COLUMN mood TYPE mood USING mood::text::mood, ALTER COLUMN mood SET DEFAULT ''calm''::mood;
DROP TYPE mood_old;');
SELECT * FROM found('ALTER TYPE mood RENAME TO mood_old;
CREATE TYPE mood AS ENUM (''sad'');
DROP TYPE mood_old;
ALTER TYPE tone RENAME TO mood;');
-- A value of an enum that a transaction before has added.
SELECT * FROM found('ALTER TYPE mood ADD VALUE ''calm'';
UPDATE person SET mood = ''calm'' WHERE id = 1;
INSERT INTO person (id, mood) VALUES (3, ''bad'');', 'autocommit');
-- Sequences of the script, as pg_dump writes them.
SELECT * FROM found('CREATE TABLE ticket (id bigint NOT NULL);
CREATE SEQUENCE ticket_id_seq;
ALTER SEQUENCE ticket_id_seq OWNED BY ticket.id;
ALTER TABLE ONLY ticket ALTER COLUMN id SET DEFAULT nextval(''ms.ticket_id_seq''::regclass);
CREATE TABLE "Stub" (id serial PRIMARY KEY);
SELECT setval(''"Stub_id_seq"'', 10), setval(''stub_id_seq'', 10);');
-- The primary key of a changed table determines its columns.
SELECT * FROM found('ALTER TABLE person ADD COLUMN nick text;
CREATE VIEW visits AS SELECT p.id, p.name, p.nick, count(*) FROM person p JOIN visit v ON v.person_id = p.id GROUP BY p.id;
SELECT age, count(*) FROM visit JOIN person ON true GROUP BY visit.id;');
-- WITH writes to a changed table.
SELECT * FROM found('ALTER TABLE visit ADD COLUMN at date;
WITH added AS (INSERT INTO visit (id) VALUES (9) RETURNING id) UPDATE person SET age = ''1'' FROM added WHERE person.id = added.id;');
-- Statements that a function's body or EXPLAIN contains.
SELECT * FROM found('CREATE FUNCTION refresh_recent() RETURNS void LANGUAGE sql AS ''REFRESH MATERIALIZED VIEW recent'';
EXPLAIN CREATE TABLE copied AS SELECT * FROM visit;
EXPLAIN REFRESH MATERIALIZED VIEW recent;');
-- Indexes that LIKE copies.
SELECT * FROM found('CREATE TABLE visit_new (LIKE visit INCLUDING ALL);
ALTER INDEX visit_new_pkey RENAME TO visit_new_key;
DROP INDEX visit_new_n_idx;');
-- Rows that the script has written to a table of its own.
SELECT * FROM found('CREATE TABLE seed (id int, person_id int);
INSERT INTO seed VALUES (1, 1), (1, 5);
ALTER TABLE seed ADD PRIMARY KEY (id);
ALTER TABLE seed ADD FOREIGN KEY (person_id) REFERENCES person;
ALTER TABLE seed ADD CHECK (id > 1);');
-- What is computed for each row.
SELECT * FROM found('ALTER TABLE visit ADD COLUMN half int GENERATED ALWAYS AS (100 / n) STORED;
CREATE TABLE ages AS SELECT age::int FROM person;
SELECT 1 / n FROM visit;
SELECT n / 2 FROM visit;');
SELECT * FROM found('CREATE TABLE short (name varchar(3), n smallint);
INSERT INTO short SELECT name, id FROM person;
ALTER TABLE person ADD COLUMN years int;
UPDATE person SET years = age::int;');
CREATE DOMAIN positive AS text CHECK (VALUE ~ '^[0-9]+$');
SELECT * FROM found('ALTER TABLE person ALTER COLUMN age TYPE positive;');
SELECT * FROM found('ALTER TYPE address ADD ATTRIBUTE city text;
UPDATE person SET home.city = ''x'';
SELECT (home).city FROM person;');
-- Columns that inheriting tables have, and operator classes.
CREATE TABLE base (id int);
CREATE TABLE derived (x text) INHERITS (base);
SELECT * FROM found('ALTER TABLE base ADD COLUMN x int;
ALTER TABLE visit ADD EXCLUDE USING gist (n WITH =);
COMMENT ON CONSTRAINT nothing ON visit IS ''x'';
COMMENT ON TRIGGER nothing ON visit IS ''x'';');
-- More than 100 constants.
SELECT * FROM found((SELECT 'INSERT INTO visit (id, person_id, n) VALUES ' || string_agg(format('(%s, 1, 1)', i), ', ') FROM generate_series(100, 160) i));
-- A new column that is NULL in all rows is not checked; with a default, it is.
SELECT severity, statement, check_name, detail FROM migration_precheck('SET lock_timeout = 100;
ALTER TABLE visit ADD COLUMN a int REFERENCES person;
ALTER TABLE visit ADD COLUMN b int DEFAULT 1 REFERENCES person;
ALTER TABLE visit ADD COLUMN c int DEFAULT 9 REFERENCES person;') WHERE check_name <> 'fk_index';
-- What is safer does the same.
SELECT statement, object, safer FROM migration_precheck('ALTER TABLE visit ADD UNIQUE (n) INCLUDE (person_id);
ALTER TABLE person ADD CONSTRAINT once UNIQUE NULLS NOT DISTINCT (name) DEFERRABLE INITIALLY DEFERRED;
CREATE VIEW seen AS SELECT id, n FROM visit;
CREATE OR REPLACE VIEW seen AS SELECT id FROM visit;') WHERE safer IS NOT NULL AND check_name <> 'lock_timeout';
-- CASCADE drops views that depend on views, and DROP IDENTITY a sequence.
CREATE VIEW low AS SELECT n FROM visit;
CREATE VIEW lower AS SELECT * FROM low;
CREATE TABLE numbered (id int GENERATED ALWAYS AS IDENTITY, name varchar(3) DEFAULT 'a');
SELECT * FROM found('DROP TABLE visit CASCADE;
SELECT * FROM lower;
CREATE VIEW lower AS SELECT 1;
ALTER TABLE numbered ALTER COLUMN id DROP IDENTITY;
ALTER SEQUENCE numbered_id_seq RESTART;
DROP TABLE numbered;');
-- Constants that are refused without any row, and keys that ON CONFLICT gets twice.
SELECT * FROM found('UPDATE numbered SET name = ''longer'';
INSERT INTO person (id) VALUES (8), (8) ON CONFLICT (id) DO UPDATE SET name = ''x'';
ALTER TYPE mood RENAME VALUE ''sad'' TO ''blue'';
UPDATE person SET mood = ''blue'';
UPDATE person SET mood = ''sad'';
DELETE FROM person WHERE age::int > 8;
UPDATE person SET name = (SELECT name FROM person);');
-- Functions.
CREATE FUNCTION with_default(a int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT a';
SELECT * FROM found('CREATE OR REPLACE FUNCTION with_default(a int) RETURNS int LANGUAGE sql AS ''SELECT a'';
CREATE FUNCTION other() RETURNS int LANGUAGE nothing AS ''x'';
CREATE TRIGGER fires BEFORE INSERT ON visit FOR EACH ROW EXECUTE FUNCTION with_nothing();
CREATE POLICY own ON visit TO nobody_here USING (true);');
-- Row security decides about the rows of a role.
CREATE ROLE ms_app;
GRANT USAGE ON SCHEMA ms TO ms_app;
GRANT ALL ON visit TO ms_app;
ALTER TABLE visit ENABLE ROW LEVEL SECURITY;
SELECT severity, statement, check_name, object, detail FROM migration_precheck('INSERT INTO ms.visit VALUES (7, 1, 1);', 'ms_app') WHERE check_name <> 'lock';
-- What is not looked at is said.
CREATE TABLE tally (n int CHECK (n > 0));
SELECT * FROM found('INSERT INTO tally VALUES (1)' || repeat(', (1)', 60) || ';
CREATE SEQUENCE ticket;
SELECT nextval(''ticket'');
CREATE TABLE log (id int DEFAULT nextval(''ticket''));
INSERT INTO log DEFAULT VALUES RETURNING id, other;');
-- Privileges that the script grants and revokes are not followed: neither an error nor an all-clear.
CREATE ROLE ms_owner;
CREATE ROLE ms_maker CREATEROLE;
GRANT USAGE ON SCHEMA ms TO ms_owner;
ALTER TABLE tally OWNER TO ms_owner;
SELECT severity, statement, check_name, sqlstate, detail FROM migration_precheck('SET ROLE ms_app;
ALTER TABLE ms.tally ADD a int;
RESET ROLE;
GRANT ms_owner TO ms_app;
SET ROLE ms_app;
ALTER TABLE ms.tally ADD a int;
UPDATE ms.tally SET a = 1;') WHERE severity IN ('error', 'unknown');
SELECT severity, statement, check_name, sqlstate, detail FROM migration_precheck('GRANT SELECT ON ms.tally TO ms_app;
REVOKE INSERT ON ms.visit FROM ms_app;
SET ROLE ms_app;
INSERT INTO ms.visit VALUES (7, 1, 1);
SELECT * FROM ms.tally;') WHERE severity IN ('error', 'unknown') AND check_name <> 'rls_rows';
SELECT severity, check_name, sqlstate, detail FROM migration_precheck('GRANT ms_owner TO ms_maker', 'ms_app');
-- A constraint's own triggers belong to the system.
SELECT severity, check_name, sqlstate, detail FROM migration_precheck('ALTER TABLE tally ADD UNIQUE (n) DEFERRABLE;
ALTER TABLE tally DISABLE TRIGGER ALL;
ALTER TABLE tally DISABLE TRIGGER "RI_ConstraintTrigger_a_1";', 'ms_owner') WHERE severity IN ('error', 'unknown');
-- Which error comes first depends on whether there are rows.
CREATE TABLE later (n int UNIQUE DEFERRABLE INITIALLY DEFERRED);
SELECT severity, check_name, sqlstate, detail FROM migration_precheck('UPDATE later SET n = 1 WHERE n = 0;
ALTER TABLE later DROP CONSTRAINT nothing;') WHERE statement = 2 AND severity IN ('error', 'unknown');
DROP SCHEMA ms CASCADE;
DROP ROLE ms_app, ms_owner, ms_maker;
