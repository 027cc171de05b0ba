-- migration_precheck: scripts against catalogs and rows. Nothing of them is run.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA mp;
SET search_path = mp, public;
CREATE TABLE depot (id int PRIMARY KEY, name text);
CREATE TABLE parcel (id int PRIMARY KEY, depot_id int, code varchar(8), weight numeric(6,2), note text);
INSERT INTO depot VALUES (1, 'one'), (2, 'two');
INSERT INTO parcel VALUES (1, 1, 'a', 1.5, NULL), (2, 9, 'b', 2.5, 'x'), (3, NULL, 'b', 99.99, 'longer than that');
CREATE VIEW heavy AS SELECT id, weight FROM parcel WHERE weight > 2;
-- What is reported, without the locks, and without a DETAIL that version 19 adds.
CREATE FUNCTION found(script text, mode text DEFAULT NULL) RETURNS TABLE (severity text, s int, l int, check_name text, object text, sqlstate text, detail text) LANGUAGE sql AS
'SELECT severity, statement, line, check_name, object, sqlstate, replace(detail, '' (There is no function of that name)'', '''') FROM public.migration_precheck(script, NULL, mode) WHERE check_name NOT IN (''lock'', ''lock_timeout'', ''rewrite'')';

-- The rows.
SELECT * FROM found('ALTER TABLE parcel ADD FOREIGN KEY (depot_id) REFERENCES depot;
ALTER TABLE parcel ADD UNIQUE (code);
ALTER TABLE parcel ALTER COLUMN note SET NOT NULL;
ALTER TABLE parcel ADD CHECK (weight < 50);
ALTER TABLE parcel ALTER COLUMN note TYPE varchar(4);
ALTER TABLE parcel ALTER COLUMN code TYPE int USING code::int;
ALTER TABLE parcel ADD COLUMN size int NOT NULL;');
-- What an earlier statement changes.
SELECT * FROM found('DELETE FROM parcel WHERE depot_id NOT IN (SELECT id FROM depot);
ALTER TABLE parcel ADD FOREIGN KEY (depot_id) REFERENCES depot;');
-- Names, and what earlier statements have made of them.
SELECT * FROM found('ALTER TABLE parcel RENAME TO package;
ALTER TABLE package RENAME COLUMN note TO remark;
UPDATE package SET remark = upper(remark);
SELECT note FROM package;
SELECT * FROM parcel;
CREATE TABLE depot (id int);
CREATE TABLE route (id int PRIMARY KEY, depot_id int REFERENCES depot, trip_id int REFERENCES trip);
CREATE TABLE trip (id int);
INSERT INTO route VALUES (1, 7, NULL);');
-- Dependents, and data that goes.
SELECT * FROM found('ALTER TABLE parcel DROP COLUMN weight;
ALTER TABLE parcel ALTER COLUMN weight TYPE numeric(8,2);
DROP TABLE depot;
DROP TABLE parcel CASCADE;
TRUNCATE depot;');
-- Other dialects, and what cannot be parsed.
SELECT * FROM found('CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);
UPDATE depot d SET d.name = ''x'';
 SELECT nothing(1);
\i other.sql
SELECT :name;
COPY depot FROM STDIN;
3	three
\.
ALTER TABLE depot ADD COLUMN at datetime; SELECT ''unfinished');
-- Transactions.
SELECT * FROM found('CREATE INDEX CONCURRENTLY ON depot (name);
VACUUM depot;');
SELECT * FROM found('CREATE INDEX CONCURRENTLY ON depot (name);
VACUUM depot;', 'autocommit');
CREATE TABLE crate (id int PRIMARY KEY, depot_id int REFERENCES depot DEFERRABLE INITIALLY DEFERRED);
SELECT * FROM found('INSERT INTO crate VALUES (1, 1);
ALTER TABLE crate ADD COLUMN x int;');
SELECT * FROM found('INSERT INTO crate VALUES (1, 1);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE crate ADD COLUMN x int;');
-- Rows of INSERT and UPDATE.
SELECT * FROM found('INSERT INTO depot VALUES (1, ''again'');
INSERT INTO depot VALUES (5, ''a''), (5, ''b'');
INSERT INTO parcel (id, code) VALUES (9, ''too long a code'');
INSERT INTO depot (name) VALUES (''no id'');
UPDATE parcel SET id = NULL;
UPDATE parcel SET code = note WHERE id = 3;');
-- Locks, and what is safer.
SELECT severity, statement, check_name, detail, safer FROM migration_precheck('SET lock_timeout = 100;
ALTER TABLE depot ADD COLUMN at timestamptz DEFAULT clock_timestamp();
CREATE INDEX depot_name ON depot (name);
ALTER TABLE crate ADD CHECK (id > 0);
COMMENT ON TABLE depot IS ''x'';');
-- Privileges.
CREATE ROLE mp_app;
GRANT USAGE ON SCHEMA mp TO mp_app;
GRANT SELECT ON depot TO mp_app;
SELECT severity, statement, check_name, object, sqlstate, detail, safer
  FROM migration_precheck('ALTER TABLE depot ADD COLUMN y int; CREATE TABLE mine (id int); SELECT * FROM depot; SELECT * FROM parcel;
CREATE TABLE mp_app_own (id int);', 'mp_app') WHERE check_name NOT LIKE 'lock%';
-- No code of users runs while a constant is read.
CREATE TABLE spied (who text);
CREATE FUNCTION spy(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN INSERT INTO mp.spied VALUES (current_user); RETURN true; END';
CREATE DOMAIN watched AS int CHECK (spy(VALUE));
CREATE TYPE pair AS (d watched);
CREATE TABLE holds (p pair, ds watched[]);
SELECT * FROM found('INSERT INTO holds VALUES (''(5)'', NULL);
INSERT INTO holds VALUES (NULL, ''{6,7}'');
ALTER TABLE holds ADD CHECK (spy(1));');
SELECT * FROM spied;
-- Arguments.
SELECT * FROM migration_precheck(NULL);
SELECT * FROM migration_precheck('SELECT 1', 'mp_nobody');
SELECT * FROM migration_precheck('SELECT 1', mode => 'both');
SELECT * FROM migration_precheck('');
SET ROLE mp_app;
SELECT * FROM public.migration_precheck('SELECT 1', 'postgres');
RESET ROLE;
-- Nothing has changed.
SELECT relname FROM pg_class WHERE relnamespace = 'mp'::regnamespace AND relkind = 'r' ORDER BY 1;
SELECT count(*) FROM parcel;
SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation >= 16384;
DROP SCHEMA mp CASCADE;
DROP ROLE mp_app;
