-- Which tables are armed, when, and what disarms them.
CREATE SCHEMA arming;
CREATE SCHEMA elsewhere;
CREATE VIEW public.guards AS
    SELECT t.tgrelid::regclass AS "table", t.tgname, t.tgenabled FROM pg_trigger t
     WHERE t.tgfoid = 'public._seq_guard_note'::regproc ORDER BY t.tgrelid::regclass::text COLLATE "C";
SET search_path = arming, public;
CREATE TABLE before (id serial PRIMARY KEY);
SELECT * FROM seq_guard_enable();
SELECT evtname, evtevent, evtenabled FROM pg_event_trigger;
CREATE TABLE serial (id serial PRIMARY KEY);
CREATE TABLE identity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE later (x int);
ALTER TABLE later ADD COLUMN id serial PRIMARY KEY;
CREATE TABLE copied AS SELECT 1 AS id;
CREATE SEQUENCE copied_seq;
ALTER TABLE copied ALTER id SET DEFAULT nextval('copied_seq'), ADD PRIMARY KEY (id);
CREATE TABLE alike (LIKE serial INCLUDING ALL);
CREATE TABLE child () INHERITS (serial);
CREATE TABLE root (id serial, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k);
CREATE TABLE leaf PARTITION OF root FOR VALUES IN (1);
CREATE TABLE joining (id int NOT NULL DEFAULT nextval('root_id_seq'), k int NOT NULL);
ALTER TABLE root ATTACH PARTITION joining FOR VALUES IN (2);
CREATE DOMAIN own_id AS bigint DEFAULT nextval('copied_seq');
CREATE TABLE by_domain (id own_id PRIMARY KEY);
CREATE TABLE by_name (id bigint PRIMARY KEY DEFAULT nextval('arming.copied_seq'::text));
-- Tables without a sequence, and tables that cannot be guarded.
CREATE TABLE no_sequence (id int PRIMARY KEY);
CREATE TABLE no_index (id serial);
CREATE TABLE as_text (id text PRIMARY KEY DEFAULT 'A' || nextval('copied_seq'));
CREATE TEMP TABLE temporary (id serial PRIMARY KEY);
CREATE UNLOGGED TABLE "Un logged" (id serial PRIMARY KEY);
SELECT * FROM guards;
SELECT * FROM seq_guard_status();
-- After ENABLE TRIGGER ALL, the trigger would fire only in ordinary sessions, so the table is armed
-- again. A trigger that was disabled by name stays disabled.
ALTER TABLE serial DISABLE TRIGGER ALL;
SELECT * FROM guards WHERE "table" = 'serial'::regclass;
INSERT INTO serial VALUES (5);
ALTER TABLE serial ENABLE TRIGGER ALL;
SELECT * FROM guards WHERE "table" = 'serial'::regclass;
ALTER TABLE later DISABLE TRIGGER pg_flightcheck_guard;
ALTER TABLE later ADD COLUMN y int;
SELECT * FROM seq_guard_status() WHERE table_name = 'later'::regclass;
-- An armed table can be altered in any way.
ALTER TABLE before ALTER id TYPE bigint;
ALTER TABLE before RENAME id TO key;
INSERT INTO before VALUES (3);
ALTER TABLE before DROP COLUMN key;
SELECT * FROM guards WHERE "table" = 'before'::regclass;
-- Without a default, the guard is dropped.
ALTER TABLE identity ALTER id DROP IDENTITY;
ALTER TABLE by_name ALTER id DROP DEFAULT;
DROP SEQUENCE copied_seq CASCADE;
SELECT * FROM guards WHERE "table" IN ('identity'::regclass, 'by_name'::regclass, 'copied'::regclass);
-- Dropped by hand, it is created again with the next change or by seq_guard_enable().
DROP TRIGGER pg_flightcheck_guard ON serial;
SELECT status, detail FROM seq_guard_status() WHERE table_name = 'serial'::regclass;
SELECT outcome, detail FROM seq_guard_enable('arming') WHERE table_name = 'serial'::regclass;
-- With another trigger of that name, DDL succeeds with a warning.
CREATE TABLE occupied (id int PRIMARY KEY);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER pg_flightcheck_guard AFTER INSERT ON occupied EXECUTE FUNCTION nothing();
ALTER TABLE occupied ALTER id ADD GENERATED ALWAYS AS IDENTITY;
SELECT outcome, detail FROM seq_guard_enable('arming') WHERE table_name = 'occupied'::regclass;
DROP TABLE occupied;

-- Disabling leaves nothing behind.
SELECT * FROM seq_guard_disable();
SELECT * FROM guards;
SELECT count(*) FROM pg_event_trigger;
CREATE TABLE after (id serial PRIMARY KEY);
SELECT * FROM guards;
-- Limited to schemas.
SELECT outcome, detail FROM seq_guard_enable('elsewhere');
SELECT outcome, detail FROM seq_guard_enable('elsewhere') WHERE table_name IS NULL;
CREATE TABLE elsewhere.one (id serial PRIMARY KEY);
CREATE TABLE two (id serial PRIMARY KEY);
SELECT * FROM guards;
ALTER SCHEMA elsewhere RENAME TO renamed;
SELECT status, detail FROM seq_guard_status() WHERE table_name IS NULL;
ALTER SCHEMA renamed RENAME TO elsewhere;
SELECT count(*) FROM seq_guard_enable();
SELECT obj_description(oid, 'pg_event_trigger') FROM pg_event_trigger WHERE evtname = 'pg_flightcheck_guard';
SELECT outcome, detail FROM seq_guard_enable('elsewhere') WHERE table_name IS NULL;
SELECT * FROM seq_guard_enable('nowhere');
BEGIN READ ONLY;
SELECT * FROM seq_guard_enable();
ROLLBACK;
BEGIN READ ONLY;
SELECT * FROM seq_guard_disable();
ROLLBACK;
SELECT _seq_guard_note();
SELECT _seq_guard_on_ddl();

-- Privileges: an owner can arm their tables, a superuser also creates the event trigger.
SELECT count(*) > 0 FROM seq_guard_disable();
CREATE ROLE guard_owner;
CREATE ROLE guard_user;
GRANT ALL ON SCHEMA elsewhere TO guard_owner, guard_user;
SET ROLE guard_owner;
CREATE TABLE elsewhere.mine (id serial PRIMARY KEY);
GRANT INSERT ON elsewhere.mine TO guard_user;
SELECT * FROM seq_guard_enable('elsewhere');
INSERT INTO elsewhere.mine VALUES (4);
-- A role that cannot read the table is not shown its rows, and one that cannot read the sequence is
-- not shown its position.
SET ROLE guard_user;
INSERT INTO elsewhere.mine VALUES (600);
SET pg_flightcheck.guard = 'off';
SET pg_flightcheck.guard_scope = 'armed';
SET pg_flightcheck.guard_log = 'debug1';
ALTER ROLE guard_user SET pg_flightcheck.guard = 'off';
SELECT * FROM seq_guard_disable();
RESET ROLE;
GRANT SET ON PARAMETER pg_flightcheck.guard TO guard_user;
SET ROLE guard_user;
SET pg_flightcheck.guard = 'off';
INSERT INTO elsewhere.mine VALUES (8);
RESET ROLE;
-- The guard moves a sequence that the inserting role could not move, with the privileges of the
-- role that has set the parameter.
SET pg_flightcheck.guard = 'advance';
SET ROLE guard_user;
INSERT INTO elsewhere.mine VALUES (9);
RESET ROLE;
SELECT last_value FROM elsewhere.mine_id_seq;
RESET pg_flightcheck.guard;
REVOKE SET ON PARAMETER pg_flightcheck.guard FROM guard_user;
-- A role without USAGE on the extension's schema cannot arm tables, and the message says what to
-- grant.
CREATE SCHEMA locked;
SELECT count(*) > 0 FROM seq_guard_disable();
DROP VIEW public.guards;
DROP EXTENSION pg_flightcheck;
CREATE EXTENSION pg_flightcheck SCHEMA locked;
SELECT outcome, detail FROM locked.seq_guard_enable('elsewhere') WHERE table_name IS NULL;
SET ROLE guard_owner;
CREATE TABLE elsewhere.unarmed (id serial PRIMARY KEY);
RESET ROLE;
INSERT INTO elsewhere.unarmed VALUES (1);
-- Dropping the extension drops the guard.
SELECT count(*) > 0 FROM locked.seq_guard_enable();
DROP EXTENSION pg_flightcheck;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pg_flightcheck%';
SELECT count(*) FROM pg_event_trigger;
RESET search_path;
CREATE EXTENSION pg_flightcheck;
\set VERBOSITY terse
DROP SCHEMA arming, elsewhere, locked CASCADE;
DROP OWNED BY guard_owner, guard_user;
DROP ROLE guard_owner, guard_user;
