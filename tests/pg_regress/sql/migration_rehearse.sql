-- migration_rehearse: statuses, transactions, and what is left.
\set VERBOSITY terse
CREATE SCHEMA rh;
SET search_path = rh, public;
CREATE TABLE customers (id serial PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers DEFERRABLE INITIALLY DEFERRED, placed date);
INSERT INTO customers (name) SELECT 'c' || g FROM generate_series(1, 5) g;
INSERT INTO orders VALUES (1, 1, '2026-01-01'), (2, 2, NULL), (3, 2, NULL);
CREATE SEQUENCE cached CACHE 5;
SELECT nextval('cached'), setval('customers_id_seq', 42);

-- Rows, scans, new files and locks; the rest is not reached after a failure.
SELECT status, statement, line, command, rows, scanned, rewritten, locks FROM migration_rehearse($$
  UPDATE customers SET name = upper(name) WHERE id < 3;
  CREATE INDEX customers_name ON customers (name);
  ALTER TABLE orders ADD COLUMN total int NOT NULL DEFAULT 0; -- no rewrite
  ALTER TABLE orders ALTER COLUMN id TYPE bigint;
  ALTER TABLE orders
    ALTER COLUMN placed SET NOT NULL;
  DROP TABLE orders;
$$);
\x on
SELECT status, statement, line, sqlstate, message, detail, hint, constraint_name FROM migration_rehearse($$
INSERT INTO customers VALUES (1, 'again');
UPDATE customers
   SET nam = 'x';
SELECT 1 FROM
  missing;
SELECT 1 +;
ALTER TABLE customers ADD CONSTRAINT short CHECK (length(name) < 2);
DO 'BEGIN RAISE EXCEPTION ''no'' USING DETAIL = ''because'', HINT = ''do not'', ERRCODE = ''ZZ123''; END';
SELECT 'unfinished
$$, on_error => 'continue') WHERE statement > 0;
\x off

-- The end of the transaction checks deferred constraints, in a row of its own.
SELECT status, statement, line, command, sqlstate, constraint_name FROM migration_rehearse('INSERT INTO orders VALUES (9, 77); SELECT 1');
SELECT status, statement, line, command, sqlstate, constraint_name FROM migration_rehearse('INSERT INTO orders VALUES (9, 77); SELECT 1', mode => 'autocommit');
SELECT status, statement, line, command, sqlstate, constraint_name FROM migration_rehearse(E'BEGIN;\nINSERT INTO orders VALUES (9, 77);\nCOMMIT;\nSELECT 1');
-- Pending trigger events are in the way in one transaction, and not in the other mode.
SELECT status, statement, sqlstate FROM migration_rehearse('UPDATE orders SET customer_id = 1; ALTER TABLE orders ADD x int');
SELECT status, statement, sqlstate FROM migration_rehearse('UPDATE orders SET customer_id = 1; ALTER TABLE orders ADD x int', mode => 'autocommit');
-- After the check, the constraints are deferred again, and those that are not remain so.
ALTER TABLE orders ADD CONSTRAINT placed_once UNIQUE (placed) DEFERRABLE;
SELECT status, statement, command, sqlstate FROM migration_rehearse($$
  DO 'BEGIN INSERT INTO orders VALUES (9, 77); INSERT INTO customers VALUES (77); END';
  DO 'BEGIN INSERT INTO orders VALUES (10, 78); INSERT INTO customers VALUES (78); END';
  DO 'BEGIN INSERT INTO orders VALUES (11, 1, ''2026-01-01''); DELETE FROM orders WHERE id = 11; END';
$$, mode => 'autocommit');

-- Savepoints, ROLLBACK, SET LOCAL, and what needs a transaction block.
SELECT status, statement, command, rows, sqlstate, message FROM migration_rehearse($$
  DELETE FROM orders; SAVEPOINT a; DELETE FROM customers; SAVEPOINT b; ROLLBACK TO SAVEPOINT a;
  SELECT * FROM customers; ROLLBACK TO b; RELEASE a; ROLLBACK TO a; SELECT * FROM orders
$$, on_error => 'continue');
SELECT status, statement, command, rows, sqlstate, detail, message FROM migration_rehearse($$
  SAVEPOINT a; LOCK TABLE orders; SET LOCAL work_mem = '1MB'; COMMIT; BEGIN; BEGIN;
  SET LOCAL work_mem = '1MB'; SELECT 1 WHERE current_setting('work_mem') = '1MB'; DELETE FROM orders; LOCK TABLE orders; COMMIT;
  SELECT 1 WHERE current_setting('work_mem') = '1MB'; BEGIN; DROP TABLE orders; ROLLBACK; SELECT * FROM orders;
  BEGIN ISOLATION LEVEL SERIALIZABLE; COMMIT AND CHAIN; SAVEPOINT a; COMMIT
$$, on_error => 'continue');

-- What a subtransaction cannot tell is not rehearsed, and later rows say so if it matters.
CREATE PROCEDURE ends() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
SELECT status, statement, command, sqlstate, detail FROM migration_rehearse($$
  VACUUM orders; CALL ends(); CREATE UNIQUE INDEX CONCURRENTLY one_order ON orders (customer_id); COPY orders TO STDOUT;
  SET TRANSACTION READ ONLY; PREPARE TRANSACTION 'x'
$$, mode => 'autocommit', on_error => 'continue');
SELECT status, statement, command, sqlstate, message FROM migration_rehearse($$
  VACUUM orders; CALL ends(); CREATE INDEX CONCURRENTLY one_order ON orders (customer_id); ALTER SYSTEM SET work_mem = '1MB'; DISCARD ALL
$$, on_error => 'continue');
-- CONCURRENTLY is not removed where the server refuses it anyway.
CREATE TABLE parted (a int) PARTITION BY LIST (a);
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE INDEX parted_a ON parted (a);
CREATE INDEX orders_placed ON orders (placed);
SELECT status, statement, command FROM migration_rehearse($$
  CREATE INDEX CONCURRENTLY ON parted (a); DROP INDEX CONCURRENTLY parted_a; ALTER TABLE parted DETACH PARTITION parted_1 CONCURRENTLY;
  DROP INDEX CONCURRENTLY orders_placed, missing; DROP INDEX CONCURRENTLY orders_placed CASCADE; REINDEX TABLE CONCURRENTLY orders;
  DROP INDEX CONCURRENTLY orders_placed; DROP INDEX CONCURRENTLY missing
$$, mode => 'autocommit');
CREATE TYPE mood AS ENUM ('fine');
SELECT status, statement, sqlstate FROM migration_rehearse($$ALTER TYPE mood ADD VALUE 'bad'; SELECT 'bad'::mood$$);
SELECT status, statement, sqlstate FROM migration_rehearse($$ALTER TYPE mood ADD VALUE 'bad'; SELECT 'bad'::mood$$, mode => 'autocommit');
SELECT status, statement, command, sqlstate, detail FROM migration_rehearse($$
  SELECT pg_create_physical_replication_slot('x'); LOAD 'plpgsql'; CHECKPOINT; DISCARD PLANS; COPY orders FROM PROGRAM 'true';
  DO 'BEGIN EXECUTE ''CHECKPOINT''; EXCEPTION WHEN OTHERS THEN NULL; END'; SELECT * FROM migration_rehearse('SELECT 1')
$$, on_error => 'continue');

-- As another role.
CREATE ROLE rh_app;
GRANT USAGE ON SCHEMA rh TO rh_app;
GRANT SELECT ON customers TO rh_app;
SELECT status, statement, rows, sqlstate, message FROM migration_rehearse($$
  SELECT * FROM customers; DELETE FROM customers; ALTER TABLE customers ADD y int; RESET ROLE; DELETE FROM orders
$$, as_role => 'rh_app', on_error => 'continue');
SET ROLE rh_app;
SELECT status, statement, sqlstate, message FROM migration_rehearse('SELECT * FROM customers; DROP TABLE customers');
RESET ROLE;
SET SESSION AUTHORIZATION rh_app;
SELECT * FROM migration_rehearse('SELECT 1', as_role => 'postgres');
RESET SESSION AUTHORIZATION;

-- Nothing is left.
PREPARE mine AS SELECT 1;
SELECT pg_advisory_lock(1), pg_advisory_lock(1), pg_advisory_lock_shared(2);
SELECT status, statement, rows FROM migration_rehearse($$
  SELECT nextval('customers_id_seq') = 43 AND nextval('cached') = 6, setval('customers_id_seq', 1000);
  PREPARE other AS SELECT 1; DEALLOCATE mine; DEALLOCATE ALL; SET work_mem = '1MB'; SET ROLE rh_app; RESET ROLE;
  SELECT pg_advisory_unlock(1), pg_advisory_unlock_all(), pg_advisory_lock(3), pg_advisory_xact_lock(4);
  CREATE TEMPORARY TABLE tmp (x int); LISTEN me; TRUNCATE customers RESTART IDENTITY CASCADE; ALTER SEQUENCE cached RESTART
$$) WHERE status <> 'ok';
SELECT last_value, is_called FROM customers_id_seq;
SELECT lastval(), currval('cached'), currval('customers_id_seq'), current_setting('work_mem'), current_user, to_regclass('pg_temp.tmp');
SELECT nextval('customers_id_seq'), nextval('cached');
SELECT name FROM pg_prepared_statements;
SELECT objid, mode FROM pg_locks WHERE locktype = 'advisory' ORDER BY objid;
SELECT pg_advisory_unlock(1), pg_advisory_unlock(1), pg_advisory_unlock_shared(2);
SELECT * FROM pg_listening_channels();
SELECT count(*) FROM customers;
BEGIN;
DECLARE mine CURSOR FOR SELECT 1;
SELECT status, statement FROM migration_rehearse('FETCH mine; CLOSE mine; CLOSE ALL; DECLARE theirs CURSOR FOR SELECT 1; FETCH theirs; CLOSE theirs');
FETCH mine;
ROLLBACK;

-- The script's own statement_timeout counts; the caller's ends the call.
SELECT status, statement, sqlstate FROM migration_rehearse('SET statement_timeout = 50; SELECT pg_sleep(60)');
SET statement_timeout = 200;
SELECT * FROM migration_rehearse('SET statement_timeout = 0; SELECT pg_sleep(60)', on_error => 'continue');
RESET statement_timeout;

-- Refusals.
BEGIN READ ONLY;
SELECT * FROM migration_rehearse('SELECT 1');
ROLLBACK;
SELECT * FROM orders, migration_rehearse('SELECT 1');
INSERT INTO orders SELECT statement FROM migration_rehearse('SELECT 1');
CREATE TABLE result AS SELECT r.* FROM migration_rehearse('SELECT 1') r, orders;
SELECT * FROM migration_rehearse(NULL);
SELECT * FROM migration_rehearse('SELECT 1', mode => 'both');
SELECT * FROM migration_rehearse('SELECT 1', on_error => 'stopp');
SELECT * FROM migration_rehearse('SELECT 1', on_error => NULL);
SELECT * FROM migration_rehearse('SELECT 1', allow_others => NULL);
SELECT * FROM migration_rehearse('SELECT 1', lock_timeout => '-1 s');
SELECT * FROM migration_rehearse('SELECT 1', as_role => 'nobody');
SELECT status, statement FROM migration_rehearse('SHOW lock_timeout; SELECT 1', lock_timeout => NULL, mode => 'autocommit', as_role => 'rh_app');
BEGIN;
SELECT 1;
PREPARE TRANSACTION 'rh';
SELECT * FROM migration_rehearse('SELECT 1');
SELECT status FROM migration_rehearse('SELECT 1', allow_others => true);
ROLLBACK PREPARED 'rh';

\set VERBOSITY default
SET client_min_messages = warning;
DROP SCHEMA rh CASCADE;
DROP ROLE rh_app;

-- ON COMMIT DROP, at the end of each transaction.
SELECT status, statement, sqlstate FROM migration_rehearse('CREATE TEMP TABLE brief (id int) ON COMMIT DROP; INSERT INTO brief VALUES (1)', mode => 'autocommit');
SELECT status, statement, sqlstate FROM migration_rehearse('BEGIN; CREATE TEMP TABLE brief ON COMMIT DROP AS SELECT 1 AS id; SELECT id FROM brief; COMMIT; SELECT id FROM brief');
