-- migration_precheck, migration_assert, migration_statements and migration_rehearse: scripts of migration tools.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA mt;
SET search_path = mt, public;
CREATE TABLE quay (id int PRIMARY KEY, code text);
INSERT INTO quay VALUES (1, 'a'), (2, 'a');
CREATE FUNCTION found(script text, mode text DEFAULT NULL) RETURNS TABLE (severity text, s int, l int, check_name text, object text, sqlstate text, detail text) LANGUAGE sql AS
'SELECT severity, statement, line, check_name, object, sqlstate, detail FROM public.migration_precheck(script, NULL, mode) WHERE check_name NOT IN (''lock'', ''lock_timeout'', ''rewrite'')';

-- Only the part that runs is judged, in the tool's transactions. Lines are those of the file.
SELECT * FROM found('-- +goose Up
CREATE TABLE a (id int);

-- +goose Down
DROP TABLE missing;
');
SELECT * FROM found('-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY ON quay (code);
SELECT missing FROM quay;
-- +goose Down
x;
');
SELECT * FROM found('-- migrate:up
CREATE INDEX CONCURRENTLY ON quay (code);
-- migrate:down
x
');
SELECT * FROM found('-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY ON quay (code);
-- migrate:down
x
');
-- A string of several statements is a transaction, one of a single statement is none.
SELECT * FROM found('CREATE INDEX CONCURRENTLY ON quay (code);', 'prisma');
SELECT * FROM found('CREATE INDEX CONCURRENTLY ON quay (code); SELECT 1;', 'prisma');
SELECT * FROM found('BEGIN; CREATE TABLE a (id int); COMMIT; VACUUM quay;', 'golang-migrate');
-- Flyway runs without a transaction what cannot run in one, and refuses a mixture.
SELECT * FROM found('CREATE INDEX CONCURRENTLY ON quay (code);', 'flyway');
SELECT * FROM found('CREATE TABLE a (id int); VACUUM quay;', 'flyway');
SELECT * FROM found('SELECT ''${greeting}''; SELECT ${x} FROM quay; SELECT 1;', 'flyway');
SELECT * FROM found('SELECT ''${greeting}''; SELECT {{ x }} FROM quay; SELECT {% if x %} 1 {% endif %};');
-- Each changeset of Liquibase is a transaction.
SELECT * FROM found('--liquibase formatted sql
--changeset a:1
CREATE TABLE a (id int PRIMARY KEY);
--rollback DROP TABLE a;
--changeset a:2 runInTransaction:false
CREATE INDEX CONCURRENTLY ON a (id);
--changeset a:3 dbms:oracle
SELECT 1 FROM dual;
--changeset a:4 labels:x
VACUUM a;
--changeset a:5 splitStatements:false
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 1'';
--preconditions onFail:HALT
');
-- What the tool itself refuses.
SELECT * FROM found('-- +goose Up
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  RETURN 1;
END $$;
');
SELECT * FROM found('-- +goose Up
SELECT 1
-- +goose Down
');
SELECT * FROM found('SELECT 1;', 'goose');
SELECT * FROM found('# --- !Ups
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
');
SELECT * FROM found('# --- !Ups
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1;; END $$;
# --- !Downs
DROP FUNCTION f();
');
SELECT * FROM found('-- +goose up
SELECT 1;
 -- +goose down
DROP TABLE missing;
');
SELECT * FROM found('-- +goose Up
SELECT 1;
-- see +goose docs
');
SELECT * FROM found('-- +goose Up
SELECT 1;
-- +goose Up
SELECT 2;
');
SELECT * FROM found('SELECT 1;
-- +goose Down
-- +goose Up
SELECT 1;
');
SELECT * FROM found('SELECT 1;
-- migrate:up
-- migrate:down
');
SELECT * FROM found('-- migrate:down
-- migrate:up
SELECT 1;
');
-- Marks with further words, at the places where the tool looks for them.
SELECT * FROM found('-- Up Migration: a
SELECT 1;
-- Down Migration: a
DROP TABLE missing;
');
SELECT * FROM found('-- no-transaction because of the index
CREATE INDEX CONCURRENTLY ON quay (code);
');
SELECT * FROM found('--no-transaction
CREATE INDEX CONCURRENTLY ON quay (code);
', 'sqlx');
SELECT * FROM found('CREATE INDEX CONCURRENTLY ON quay (code); -- postgres-migrations disable-transaction, since 2
');
SELECT * FROM found('-- c
--! no-transaction
CREATE INDEX CONCURRENTLY ON quay (code);
', 'graphile-migrate');
-- Delimiters of Liquibase.
SELECT * FROM found('--liquibase formatted sql
--changeset a:1 endDelimiter:\n/
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 4 / 2''
/
SELECT 1 / 1
/
');
SELECT * FROM found('--liquibase formatted sql
--changeset a:1 endDelimiter:\n//
SELECT 1
//
--changeset a:2
SELECT x;
');
-- What is ambiguous is said; an ordinary comment is not a mark.
SELECT * FROM found('-- up migration of quays
SELECT 1;
-- down migration of quays
SELECT 2;
');
SELECT * FROM found('-- migrate:up
SELECT 1;
-- migrate:down
-- migrate:down
');
SELECT * FROM found('-- +goose Up
-- migrate:up
SELECT 1;
');
SELECT * FROM found('/*
-- +goose Up
*/
SELECT 1;
');
SELECT * FROM found('-- The up migration: see +goose Up, and no-transaction.
SELECT 1;
');
-- The caller may decide about transactions, or that the script is of no tool.
SELECT * FROM found('-- migrate:up
VACUUM quay;
-- migrate:down
x', 'autocommit');
SELECT * FROM found('-- migrate:up
SELECT 1;
-- migrate:down
SELECT x;', 'plain');
\set VERBOSITY default
SELECT * FROM found('SELECT 1', 'make');
SELECT * FROM migration_rehearse('SELECT 1', mode => 'make');

-- migration_assert.
SELECT migration_assert('ALTER TABLE quay ADD x int;');
SELECT migration_assert('ALTER TABLE quay ADD x int;
ALTER TABLE quay ADD UNIQUE (code);
DROP TABLE missing;
SELECT pg_notify(''a'', ''b''); DROP TABLE missing;');
SELECT migration_assert('DO $$ BEGIN END $$');
SELECT migration_assert('DO $$ BEGIN END $$', unknown_too => true);
SELECT migration_assert('SELECT 1;', mode => 'dbmate');
SELECT migration_assert('SELECT 1;', as_role => 'mt_nobody');
SELECT migration_assert(NULL);
SELECT migration_assert('SELECT 1', unknown_too => NULL);
DO $$ BEGIN PERFORM migration_assert('DROP TABLE missing'); EXCEPTION WHEN undefined_table THEN RAISE WARNING 'caught'; END $$;
\set VERBOSITY terse

-- migration_statements.
SELECT * FROM migration_statements('-- +goose Up
CREATE TABLE a (id int); SELECT 1;
-- +goose StatementBegin
DO $$ BEGIN NULL; END $$;
-- +goose StatementEnd
-- +goose Down
DROP TABLE a;
');
SELECT * FROM migration_statements('-- no-transaction
SELECT 1; COMMIT; SELECT 2; BEGIN; SELECT 3; COMMIT; SELECT 4;');
SELECT kind, transaction, statement, line, replace(sql, E'\n', '|') AS sql FROM migration_statements('SELECT 1;
\echo done
COPY quay FROM stdin;
3	b
\.
SELECT ''open', 'autocommit');
SELECT * FROM migration_statements('SELECT 1; /* -- a */
SELECT 2', 'django');
SELECT * FROM migration_statements(NULL);
SELECT * FROM migration_statements('SELECT 1', 'make');

-- migration_rehearse.
SELECT status, statement, line, command, sqlstate, message, detail FROM migration_rehearse('-- +goose Up
CREATE TABLE a (id int);
-- +goose Down
DROP TABLE missing;
', allow_others => true) WHERE command <> 'REHEARSAL';
SELECT status, statement, line, command, sqlstate, message FROM migration_rehearse('--liquibase formatted sql
--changeset a:1
CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
INSERT INTO a VALUES (1, 2);
--changeset a:2
INSERT INTO a VALUES (2, NULL);
', allow_others => true);
SELECT status, statement, line, command, sqlstate FROM migration_rehearse('CREATE TABLE a (id int); COMMIT; INSERT INTO a VALUES (1); VACUUM a;', mode => 'prisma', on_error => 'continue', allow_others => true);
SELECT status, statement, line, command, sqlstate, message, detail FROM migration_rehearse('SELECT 1;', mode => 'goose', allow_others => true);
SELECT status, statement, line, command, detail FROM migration_rehearse('-- migrate:up
SELECT {{ x }};
-- +goose Up
SELECT 1;', allow_others => true) WHERE command <> 'REHEARSAL';
DROP SCHEMA mt CASCADE;
