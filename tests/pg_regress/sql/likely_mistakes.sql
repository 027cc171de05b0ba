-- Likely mistakes: the error suggests what was meant, and a skipped row names every missing GRANT.
CREATE SCHEMA mistakes;
CREATE SCHEMA "Billing";
CREATE SCHEMA "Twice";
CREATE SCHEMA "TWICE";
CREATE SCHEMA "a.b";
CREATE TABLE mistakes.shipments (id serial PRIMARY KEY);
CREATE TABLE mistakes."Parcels" ("Id" serial PRIMARY KEY);
CREATE TABLE mistakes.twins (id serial PRIMARY KEY);
CREATE TABLE "Billing".twins (id serial PRIMARY KEY);
CREATE TABLE mistakes."It's" (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE SEQUENCE mistakes.loose_numbers;
-- a table
SELECT * FROM seq_resync('shipments');
SELECT * FROM seq_resync('mistakes.shipments', dry_run => true);
SELECT * FROM seq_resync('Shipments');
SELECT * FROM seq_resync('"Parcels"');
SELECT * FROM seq_resync('parcels');
SELECT * FROM seq_resync('It''s');
SELECT * FROM seq_resync('twins');
SELECT * FROM seq_audit('twins');
SELECT * FROM seq_resync('"Billing".twins');
SELECT * FROM seq_resync('Billing.twins');
SELECT * FROM seq_audit('shipments');
SELECT seq_assert('mistakes.shipments');
SELECT * FROM seq_guard_enable('shipments');
SELECT * FROM fk_audit('shipments');
SELECT * FROM flightcheck('shipments');
SELECT db_snapshot('shipments');
-- a sequence
SELECT * FROM seq_resync('shipments_id_seq');
SELECT * FROM seq_audit('shipments_id_seq');
SELECT * FROM seq_resync('loose_numbers');
-- quotation marks, case, spaces
SELECT * FROM seq_resync('"Billing"');
SELECT * FROM seq_audit('billing');
SELECT seq_assert(' Billing ');
SELECT * FROM seq_guard_enable('twice');
SELECT * FROM fk_audit('"MISTAKES"');
SELECT * FROM flightcheck('"a.b"');
SELECT db_snapshot('BILLING');
-- the database
SELECT * FROM seq_resync('contrib_regression');
-- no similar name
SELECT * FROM seq_resync('nothing');
SELECT * FROM seq_resync('');
SELECT * FROM seq_resync('"');
SELECT * FROM seq_resync('nothing.shipments');
-- a sequence with a similar name is not skipped
SELECT count(*) FROM seq_resync('Billing');

-- every GRANT at once
CREATE SCHEMA "Gr'ants";
CREATE SEQUENCE "Gr'ants"."S q";
CREATE TABLE "Gr'ants".one (id int PRIMARY KEY DEFAULT nextval('"Gr''ants"."S q"'), other int DEFAULT nextval('"Gr''ants"."S q"'));
CREATE TABLE mistakes.two ("I d" int PRIMARY KEY DEFAULT nextval('"Gr''ants"."S q"'));
INSERT INTO mistakes.two VALUES (7);
CREATE ROLE "regress app's" LOGIN;
SET ROLE "regress app's";
SELECT outcome, detail FROM seq_resync_table((SELECT oid::regclass FROM pg_class WHERE relname = 'two'));
RESET ROLE;
-- only what is missing
GRANT UPDATE ON SEQUENCE "Gr'ants"."S q" TO "regress app's";
GRANT SELECT (other) ON "Gr'ants".one TO "regress app's";
GRANT USAGE ON SCHEMA mistakes TO "regress app's";
ALTER TABLE mistakes.two ENABLE ROW LEVEL SECURITY;
SET ROLE "regress app's";
SELECT outcome, detail FROM seq_resync('mistakes') WHERE sequence_name::oid IN (SELECT oid FROM pg_class WHERE relname = 'S q');
RESET ROLE;
ALTER TABLE mistakes.two DISABLE ROW LEVEL SECURITY;
-- these grants suffice
SET ROLE "regress app's";
SELECT regexp_replace(detail, '^.*?: GRANT', 'GRANT') AS grants FROM seq_resync('mistakes') WHERE sequence_name::oid IN (SELECT oid FROM pg_class WHERE relname = 'S q') \gset
RESET ROLE;
:grants;
SET ROLE "regress app's";
SELECT outcome, new_next, detail FROM seq_resync('mistakes') WHERE sequence_name::oid IN (SELECT oid FROM pg_class WHERE relname = 'S q');
RESET ROLE;
DROP OWNED BY "regress app's";
DROP ROLE "regress app's";
SET client_min_messages = warning;
DROP SCHEMA mistakes, "Gr'ants", "Billing", "Twice", "TWICE", "a.b" CASCADE;
