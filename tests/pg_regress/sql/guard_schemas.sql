-- Disabling one schema, excluding tables, and the procedures that commit.
CREATE SCHEMA one;
CREATE SCHEMA two;
CREATE TABLE one.a (id serial PRIMARY KEY);
CREATE TABLE one."B b" (id serial PRIMARY KEY, note text);
CREATE TABLE one.unfed (id int PRIMARY KEY);
CREATE TABLE two.a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE VIEW public.guards AS
    SELECT t.tgrelid::regclass AS "table", t.tgname, t.tgenabled FROM pg_trigger t
     WHERE t.tgfoid = 'public._seq_guard_note'::regproc ORDER BY t.tgrelid::regclass::text COLLATE "C";
CALL seq_guard_enable_all();
CALL seq_guard_enable_all();
-- Once a schema is disabled, its tables are not armed again by DDL.
SELECT * FROM seq_guard_disable('two');
SELECT * FROM seq_guard_disable('two');
ALTER TABLE two.a ADD COLUMN note text;
CREATE TABLE two.b (id serial PRIMARY KEY);
CREATE TABLE one.c (id serial PRIMARY KEY);
SELECT * FROM guards;
SELECT * FROM seq_guard_status() WHERE table_name IS NULL;
CALL seq_guard_enable_all('two');
SELECT * FROM seq_guard_status() WHERE table_name IS NULL;
CALL seq_guard_disable_all('one');
SELECT * FROM guards;
CALL seq_guard_disable_all();
SELECT evtname FROM pg_event_trigger;
-- Disabling the last schema of the list drops the event trigger.
SELECT outcome, detail FROM seq_guard_enable('one') WHERE table_name IS NULL;
SELECT outcome, table_name, detail FROM seq_guard_disable('one');
SELECT evtname FROM pg_event_trigger;
SELECT * FROM seq_guard_disable('nowhere');

-- Excluded tables stay excluded when triggers are enabled or disabled, or the guard is enabled
-- again.
SELECT outcome, table_name, detail FROM seq_guard_enable('one', exclude => ARRAY['one.a', 'one."B b"', 'one.unfed']::regclass[]);
ALTER TABLE one.a DISABLE TRIGGER ALL;
ALTER TABLE one.a ENABLE TRIGGER ALL;
ALTER TABLE one."B b" ENABLE ALWAYS TRIGGER pg_flightcheck_left_out;
CALL seq_guard_enable_all();
SELECT * FROM guards;
INSERT INTO one.a VALUES (5);
INSERT INTO one.c VALUES (5);
SELECT severity, object, detail, fix FROM flightcheck() WHERE check_name LIKE 'guard%';
-- An armed table is excluded, and armed again.
SELECT outcome, detail FROM seq_guard_enable(exclude => ARRAY['one.c'::regclass]) WHERE table_name = 'one.c'::regclass;
SELECT * FROM guards WHERE "table" = 'one.c'::regclass;
DROP TRIGGER pg_flightcheck_left_out ON one.c;
SELECT outcome, detail FROM seq_guard_enable() WHERE table_name = 'one.c'::regclass;
-- The mark outlives the column's default.
DELETE FROM one.a;
ALTER TABLE one.a ALTER id DROP DEFAULT;
SELECT * FROM guards WHERE "table" = 'one.a'::regclass;
ALTER TABLE one.a ALTER id SET DEFAULT nextval('one.a_id_seq');
SELECT * FROM guards WHERE "table" = 'one.a'::regclass;
DROP TRIGGER pg_flightcheck_left_out ON one.a;
ALTER TABLE one.a DROP COLUMN id;
-- Errors.
SELECT * FROM seq_guard_enable('one', exclude => '{two.a}');
SELECT * FROM seq_guard_enable(exclude => '{one.a,NULL}');
SELECT * FROM seq_guard_enable(exclude => '{5}');
BEGIN;
CALL seq_guard_enable_all();
ROLLBACK;
BEGIN READ ONLY;
CALL seq_guard_disable_all();
ROLLBACK;
SET default_transaction_read_only = on;
CALL seq_guard_enable_all();
RESET default_transaction_read_only;
CALL seq_guard_enable_all('nowhere');
-- With any search_path, and objects with the same names in it.
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.count(text) RETURNS bigint LANGUAGE sql AS 'SELECT 1/0';
CREATE TABLE hostile.pg_trigger (id serial PRIMARY KEY);
CREATE TEMP TABLE pg_event_trigger (id serial PRIMARY KEY);
SET search_path = hostile, pg_temp, pg_catalog;
CALL public.seq_guard_disable_all();
CALL public.seq_guard_enable_all(exclude => '{two.a}');
CALL public.seq_guard_disable_all('hostile');
RESET search_path;
SELECT * FROM guards;
CALL seq_guard_disable_all();
DROP TABLE pg_temp.pg_event_trigger;
DROP VIEW guards;
\set VERBOSITY terse
DROP SCHEMA one, two, hostile CASCADE;
