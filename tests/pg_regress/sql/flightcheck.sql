-- All checks: the finding of each, its fixes as printed, and no finding at the end. Without
-- collations, whose versions depend on the system, and advisory locks, which need a session that
-- has gone.
SELECT pg_get_function_arguments('flightcheck'::regproc) AS arguments, pg_get_function_result('flightcheck'::regproc) AS result;
SELECT obj_description('flightcheck'::regproc);
CREATE SCHEMA s;
SELECT * FROM flightcheck('s', deep => true);
CREATE ROLE regress_app;
GRANT ALL ON SCHEMA s TO regress_app;
SET ROLE regress_app;
CREATE TABLE s.parents (id serial PRIMARY KEY, note text);
CREATE TABLE s.children (id int PRIMARY KEY, parent int REFERENCES s.parents);
CREATE TABLE s.unchecked (id int PRIMARY KEY, a int, parent int);
CREATE TABLE s.borrowers (id int PRIMARY KEY DEFAULT nextval('s.parents_id_seq'));
CREATE TABLE s.keyless (id serial, note text);
CREATE TABLE s.large (id int PRIMARY KEY, note text);
CREATE TABLE s.changed (id int PRIMARY KEY, note text);
CREATE TABLE s._sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(),
  success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL);
CREATE FUNCTION s.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamp BEFORE INSERT ON s.children FOR EACH ROW EXECUTE FUNCTION s.stamp();
INSERT INTO s.changed SELECT i FROM generate_series(1, 5000) i;
SELECT pg_stat_force_next_flush();
ANALYZE s.changed;
SELECT * FROM flightcheck('s', deep => true);
-- An aborted load, unfinished migrations, and manual changes.
INSERT INTO s.parents VALUES (1), (2), (3);
INSERT INTO s.large SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i;
UPDATE s.changed SET note = repeat('x', 100);
INSERT INTO s._sqlx_migrations VALUES (1, 'd', now(), false, '', -1);
ALTER TABLE s.unchecked ADD CHECK (a > 0) NOT VALID;
ALTER TABLE s.unchecked ADD FOREIGN KEY (parent) REFERENCES s.parents NOT VALID;
CREATE INDEX half ON s.large (note);
RESET ROLE;
CREATE TABLE s.stray (id int PRIMARY KEY);
CREATE FUNCTION s.stray(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
SET session_replication_role = replica;
INSERT INTO s.children VALUES (1, 4711);
RESET session_replication_role;
ALTER TABLE s.children DISABLE TRIGGER ALL;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 's.half'::regclass;
SET client_min_messages = warning;
SELECT count(*) > 0 AS armed FROM seq_guard_enable('s');
ALTER EVENT TRIGGER pg_flightcheck_guard DISABLE;
RESET client_min_messages;
SELECT pg_stat_force_next_flush();
-- OIDs in names of triggers, and ages, differ in each run.
CREATE VIEW findings AS
SELECT severity, check_name, object, regexp_replace(detail, 'started .* ago\)', 'started then') AS detail,
       regexp_replace(fix, '_\d{5,}', '_N', 'g') AS fix
  FROM flightcheck('s', deep => true);
\pset format unaligned
SELECT severity, check_name, object, detail FROM findings;
SELECT check_name, fix FROM findings;
-- Without deep, rows are not read.
SELECT severity, check_name, object FROM flightcheck('s') WHERE check_name LIKE 'foreign_key%';
SELECT severity, check_name, object, detail FROM flightcheck('s', 'regress_app') WHERE check_name = 'wrong_owner';
-- Each fix as printed, until there are none. Choices that need a decision are in fk_audit().
\pset format aligned
\set ECHO none
\o /dev/null
SELECT fix FROM flightcheck('s', deep => true) \gexec
SELECT substr(choice, 4) FROM fk_audit('s'), unnest(choices) choice WHERE choice ~ '^-- DELETE' \gexec
SELECT fix FROM flightcheck('s', deep => true) \gexec
\o
\set ECHO all
SELECT * FROM flightcheck('s', deep => true);
SELECT * FROM flightcheck('s', 'regress_app');
SET client_min_messages = warning;
SELECT seq_guard_disable();
DROP SCHEMA s CASCADE;
DROP VIEW findings;
DROP ROLE regress_app;
