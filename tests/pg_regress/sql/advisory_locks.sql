-- advisory_lock_report() and advisory_lock_terminate() in one session; tests/cluster uses several.
\pset null '(null)'
\set columns 'status, lock_key, tool, granted, scope, mode, database = current_database() AS here, pid = pg_backend_pid() AS own'

-- No lock is held.
SELECT count(*) FROM advisory_lock_report();

-- Keys of all kinds, as they are shown and accepted.
SELECT pg_advisory_lock(72707369), pg_advisory_lock(-1), pg_advisory_lock(9223372036854775807),
       pg_advisory_lock(-9223372036854775808), pg_advisory_lock_shared(1004, -55), pg_advisory_lock(0, 0);
SELECT :columns FROM advisory_lock_report() ORDER BY lock_key COLLATE "C";
SELECT lock_key, outcome, pid = pg_backend_pid() AS own, role, idle_for, detail
  FROM (VALUES ('72707369'), (' -1 '), ('9223372036854775807'), ('-9223372036854775808'), ('(1004, -55)'), ('0,0'),
               ('0:72707369:1'), ('1004:4294967241:2'), ('72707369@contrib_regression')) k (lock_key),
       advisory_lock_terminate(lock_key, '0', false);
-- As a number, which tools print, and as an untyped literal.
SELECT outcome, detail FROM advisory_lock_terminate(72707369, '0', dry_run => false);
SELECT outcome, detail FROM advisory_lock_terminate('72707369');
SELECT outcome, detail FROM advisory_lock_terminate(-9223372036854775808);
SELECT * FROM advisory_lock_terminate(NULL::bigint);
-- The pair 0,0 is not the bigint 0.
SELECT count(*) FROM advisory_lock_terminate('0', '0', false);
SELECT pg_advisory_unlock_all();
SELECT count(*) FROM advisory_lock_terminate('0,0', '0', false);

-- A transaction-level lock.
BEGIN;
SELECT pg_advisory_xact_lock_shared(123456789012);
SELECT :columns, waits_for, blocks, evidence, fix, detail FROM advisory_lock_report();
COMMIT;

-- Names: a large constant is sufficient evidence; a small one needs the tool's tables in this
-- database.
CREATE SCHEMA "Hidden ""tables";
SELECT pg_advisory_lock(1000), pg_advisory_lock(3853314791062309107), pg_advisory_lock(12345);
SELECT lock_key, tool, evidence FROM advisory_lock_report() ORDER BY lock_key COLLATE "C";
CREATE TABLE "Hidden ""tables".authentik_core_user ();
SELECT lock_key, tool, evidence FROM advisory_lock_report() WHERE lock_key = '1000';
DROP SCHEMA "Hidden ""tables" CASCADE;
CREATE TEMPORARY TABLE authentik_core_user ();
SELECT lock_key, tool FROM advisory_lock_report() WHERE lock_key = '1000';
DROP TABLE authentik_core_user;
SELECT pg_advisory_unlock_all();

-- Keys that derive from names in this database.
CREATE SCHEMA app;
CREATE TABLE app.my_history (installed_rank integer NOT NULL PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL,
    type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum integer, installed_by varchar(100) NOT NULL,
    installed_on timestamp NOT NULL DEFAULT now(), execution_time integer NOT NULL, success boolean NOT NULL);
SELECT pg_advisory_lock(77431436970681), pg_advisory_lock(77432217694755);
SELECT lock_key, tool, evidence FROM advisory_lock_report() ORDER BY lock_key COLLATE "C";
SELECT pg_advisory_unlock_all();
DROP SCHEMA app CASCADE;

-- A prepared transaction.
BEGIN;
SELECT pg_advisory_xact_lock(42);
PREPARE TRANSACTION 'it''s "prepared"';
SELECT status, lock_key, granted, pid, role, state, scope, fix FROM advisory_lock_report();
SELECT outcome, pid, role, detail FROM advisory_lock_terminate('42', '0', false);
SET pg_flightcheck.orphan_after = 0;
SELECT status, lock_key, pid, scope, fix FROM advisory_lock_report();
-- No session waits for it, so there is no fix.
ROLLBACK PREPARED 'it''s "prepared"';
SELECT count(*) FROM advisory_lock_report();
RESET pg_flightcheck.orphan_after;

-- The caller's own objects with names that the functions use.
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.pg_backend_pid() RETURNS int LANGUAGE sql AS 'SELECT 1/0';
CREATE VIEW hostile.pg_locks AS SELECT 1/0 AS pid;
CREATE VIEW hostile.pg_stat_activity AS SELECT 1/0 AS pid;
CREATE TEMPORARY TABLE pg_prepared_xacts ();
CREATE FUNCTION hostile.called("char", "char") RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile'; END $$;
CREATE FUNCTION hostile.called(int, int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'hostile'; END $$;
CREATE OPERATOR hostile.= (LEFTARG = "char", RIGHTARG = "char", PROCEDURE = hostile.called);
CREATE OPERATOR hostile.= (LEFTARG = int, RIGHTARG = int, PROCEDURE = hostile.called);
CREATE OPERATOR hostile.<> (LEFTARG = int, RIGHTARG = int, PROCEDURE = hostile.called);
SET search_path = hostile, pg_temp, pg_catalog, public;
SELECT pg_advisory_lock(5);
SELECT status, lock_key FROM public.advisory_lock_report();
SELECT outcome FROM public.advisory_lock_terminate('5');
SELECT count(*) FROM public.migration_report();
SELECT pg_advisory_unlock(5);
RESET search_path;
DROP TABLE pg_temp.pg_prepared_xacts;
SET client_min_messages = warning;
DROP SCHEMA hostile CASCADE;
RESET client_min_messages;

-- In a read-only transaction, and no lock is kept.
BEGIN READ ONLY ISOLATION LEVEL SERIALIZABLE;
SELECT count(*) FROM advisory_lock_report();
SELECT count(*) FROM advisory_lock_terminate('5');
SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384;
COMMIT;

-- Invalid arguments.
SELECT * FROM advisory_lock_terminate('prisma');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM advisory_lock_terminate('');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM advisory_lock_terminate('9223372036854775808');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM advisory_lock_terminate('5@');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM advisory_lock_terminate('5@no such "database"');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM advisory_lock_terminate('5', '-1 s');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM advisory_lock_terminate(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM advisory_lock_terminate('5', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM advisory_lock_terminate('5', '1 s', NULL);
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY sqlstate
SET pg_flightcheck.orphan_after = '-1s';
\set VERBOSITY default
SET pg_flightcheck.orphan_after = 'soon';
