-- maintenance_begin, maintenance_status and maintenance_end, as psql shows them.
SET client_min_messages = warning;
CREATE DATABASE shop;
\c shop
SET client_min_messages = warning;
CREATE EXTENSION pg_flightcheck;
CREATE TABLE orders (id serial PRIMARY KEY, note text);
INSERT INTO orders (note) VALUES ('first');
SET client_min_messages = notice;
SELECT state, object, pid, role, application_name, since, detail, fix FROM maintenance_status();
CALL maintenance_end();

-- What a caller gets wrong.
BEGIN; CALL maintenance_begin(); ROLLBACK;
CALL maintenance_begin('a')\; SELECT 1;
DO $$ BEGIN CALL maintenance_begin(); EXCEPTION WHEN division_by_zero THEN END $$;
CALL maintenance_begin(grace => NULL);
CALL maintenance_begin(grace => '-1 s');
CALL maintenance_begin(grace => '25 h');
CALL maintenance_begin(terminate => NULL);
CALL maintenance_begin(ignore_prepared => NULL);
CALL maintenance_begin(repeat('x', 9000));
CALL maintenance_end(NULL);
CALL maintenance_end(grace => NULL);
CALL maintenance_end(source => '[]');
SET default_transaction_read_only = on;
CALL maintenance_begin();
RESET default_transaction_read_only;
BEGIN; INSERT INTO orders (note) VALUES ('second'); PREPARE TRANSACTION 'it''s open';
CALL maintenance_begin();
SELECT state FROM maintenance_status();
SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = 'shop';

-- It is on: new transactions are read-only, unless they ask to write.
CALL maintenance_begin(E'load of "2026"\n\\ it''s', grace => '1 s', ignore_prepared => true);
COMMIT PREPARED 'it''s open';
CREATE ROLE regress_loader;
ALTER ROLE regress_loader SET default_transaction_read_only = off;
CREATE ROLE regress_reader;
ALTER ROLE regress_reader SET default_transaction_read_only = off;
ALTER ROLE regress_reader IN DATABASE shop SET default_transaction_read_only = 'true';
SELECT state, object, role, since > now() - interval '1 min' AS recent, detail, fix FROM maintenance_status();
\c shop
INSERT INTO orders (note) VALUES ('third');
CREATE TABLE other ();
-- Its DETAIL and that of maintenance_end say how long it has been on.
\set VERBOSITY terse
CALL maintenance_begin();
\set VERBOSITY default
BEGIN READ WRITE; INSERT INTO orders (id, note) VALUES (3, 'the loader''s'); COMMIT;

-- The sequence is behind: the insert of the loader took an id that it will generate.
CALL maintenance_end();
SELECT state, role FROM maintenance_status() LIMIT 1;
SET default_transaction_read_only = off;
SELECT outcome, old_next, new_next FROM seq_resync();
RESET default_transaction_read_only;
SHOW transaction_read_only;
\set VERBOSITY terse
CALL maintenance_end();
\set VERBOSITY default
SHOW transaction_read_only;
INSERT INTO orders (note) VALUES ('fourth') RETURNING id;
SELECT state, detail, fix FROM maintenance_status();
SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = 'shop' AND setrole = 0;

-- Other settings of the database stay, and an explicit value is put back.
ALTER DATABASE shop SET default_transaction_read_only = 'off';
ALTER DATABASE shop SET work_mem = '5MB';
\set VERBOSITY terse
CALL maintenance_begin(grace => '1 s');
SELECT setting FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) setting
  WHERE datname = 'shop' AND setrole = 0 AND setting NOT LIKE 'pg_flightcheck.%' ORDER BY 1;
-- With force, it ends despite errors.
INSERT INTO orders (id, note) VALUES (6, 'ahead');
CALL maintenance_end();
CALL maintenance_end(force => true);
SELECT setting FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) setting
  WHERE datname = 'shop' AND setrole = 0 ORDER BY 1;
SELECT outcome FROM seq_resync();
ALTER DATABASE shop RESET default_transaction_read_only;

-- A snapshot's errors count as well.
SELECT db_snapshot() AS before \gset
\set VERBOSITY terse
CALL maintenance_begin();
DELETE FROM orders WHERE id > 1;
SELECT setval('orders_id_seq', 2);
\set VERBOSITY default
CALL maintenance_end(source => :'before');
\set VERBOSITY terse
CALL maintenance_end(force => true);

-- Settings by other means.
ALTER DATABASE shop SET default_transaction_read_only = 'true';
\set VERBOSITY default
SELECT state, object, detail, fix FROM maintenance_status() WHERE state NOT IN ('connected', 'can_write');
CALL maintenance_begin();
CALL maintenance_end();
ALTER DATABASE shop RESET default_transaction_read_only;
\set VERBOSITY terse
CALL maintenance_begin('by hand');
ALTER DATABASE shop RESET default_transaction_read_only;
SELECT state, object, detail, fix FROM maintenance_status();
CALL maintenance_end();
CALL maintenance_begin('damaged');
ALTER DATABASE shop SET pg_flightcheck.maintenance = '{}';
SELECT state, object, role, detail, fix FROM maintenance_status() WHERE state NOT IN ('connected', 'can_write');
\set VERBOSITY default
CALL maintenance_begin();
CALL maintenance_end();
ALTER DATABASE shop RESET default_transaction_read_only;
ALTER DATABASE shop RESET pg_flightcheck.maintenance;
SELECT state FROM maintenance_status();

-- The setting is only the record's: its value in a session means nothing.
SET pg_flightcheck.maintenance = 'x';
SELECT state FROM maintenance_status();
SELECT name FROM pg_settings WHERE name = 'pg_flightcheck.maintenance';
RESET pg_flightcheck.maintenance;

-- Roles: neither a stranger nor the owner by itself.
CREATE ROLE regress_owner;
SET ROLE regress_owner;
CALL maintenance_begin();
RESET ROLE;
ALTER DATABASE shop OWNER TO regress_owner;
SET ROLE regress_owner;
CALL maintenance_begin();
RESET ROLE;
GRANT pg_signal_backend TO regress_owner;
SET ROLE regress_owner;
CALL maintenance_begin();
RESET ROLE;
SELECT state FROM maintenance_status();
GRANT pg_read_all_stats TO regress_owner;
SET ROLE regress_owner;
\set VERBOSITY terse
CALL maintenance_begin('as owner');
SELECT state, role FROM maintenance_status() LIMIT 1;
CALL maintenance_end();
CALL maintenance_end(force => true);
RESET ROLE;
\c contrib_regression
DROP DATABASE shop;
DROP ROLE regress_loader, regress_reader, regress_owner;
