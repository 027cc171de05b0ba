CREATE SCHEMA assert;
SET search_path = assert, public;
CREATE TABLE article (id serial PRIMARY KEY);
CREATE TABLE author (id serial PRIMARY KEY);
SELECT seq_assert('assert');
INSERT INTO article VALUES (5);
\set VERBOSITY sqlstate
SELECT seq_assert('assert');
\set VERBOSITY default
SELECT seq_assert('assert');
-- With within: only sequences that will soon fail.
SELECT seq_assert('assert', within => 3);
SELECT seq_assert('assert', within => 4);
INSERT INTO author SELECT generate_series(1, 9);
SELECT seq_assert('assert', within => 0);
SELECT outcome FROM seq_resync('assert');
SELECT seq_assert('assert'), seq_assert('assert', 100);
-- Exhausted sequences count with any value of within.
CREATE TABLE tag (id smallserial PRIMARY KEY);
SELECT setval('tag_id_seq', 32767);
SELECT seq_assert('assert', within => 0);
DROP TABLE tag;
-- A distant outlier that seq_resync does not pass raises a warning, except with a large within.
CREATE TABLE coupon (id serial PRIMARY KEY);
INSERT INTO coupon VALUES (1), (2), (3), (2147483647);
SELECT seq_assert('assert');
SELECT outcome, old_next, new_next FROM seq_resync_table('coupon');
SELECT seq_assert('assert');
SELECT status, inserts_left, detail, fix FROM seq_audit('assert') WHERE table_name = 'coupon'::regclass;
SELECT severity, check_name, object, fix FROM flightcheck('assert') WHERE check_name LIKE 'sequence%';
\set VERBOSITY sqlstate
SELECT seq_assert('assert', within => 2147483647);
\set VERBOSITY default
-- A sequence that starts again far below the ids, as is done when integers are exhausted.
CREATE TABLE ticket (id serial PRIMARY KEY);
INSERT INTO ticket SELECT 2147483647 - g FROM generate_series(0, 9) g;
SELECT setval('ticket_id_seq', 1, false);
SELECT outcome, detail FROM seq_resync_table('ticket');
SELECT seq_assert('assert');
DROP TABLE coupon, ticket;
-- A sequence with status unknown raises a warning.
CREATE TABLE voucher (code text DEFAULT 'V-' || nextval('author_id_seq'));
SELECT seq_assert('assert');
SELECT seq_assert('assert', strict => true);
SELECT seq_assert('assert', strict => NULL);
-- If all are unknown, it fails.
CREATE SCHEMA assert_vouchers;
SELECT seq_assert('assert_vouchers', strict => true) AS "nothing to judge";
CREATE SEQUENCE assert_vouchers.codes;
CREATE TABLE assert_vouchers.voucher (code text DEFAULT 'V-' || nextval('assert_vouchers.codes'));
DROP TABLE voucher;
SELECT seq_assert('assert_vouchers');
CREATE ROLE regress_assert_blind;
SET ROLE regress_assert_blind;
SELECT seq_assert('assert');
RESET ROLE;
GRANT pg_read_all_data TO regress_assert_blind;
SET ROLE regress_assert_blind;
SELECT seq_assert('assert');
RESET ROLE;
-- One unreadable table among others.
REVOKE pg_read_all_data FROM regress_assert_blind;
GRANT USAGE ON SCHEMA assert TO regress_assert_blind;
GRANT SELECT ON article, article_id_seq TO regress_assert_blind;
SET ROLE regress_assert_blind;
SELECT seq_assert('assert');
SELECT seq_assert('assert', strict => true);
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA assert, assert_vouchers CASCADE;
DROP ROLE regress_assert_blind;
