-- A hierarchy that draws from one sequence has one row, for the table at its root.
SET client_min_messages = warning;
CREATE SCHEMA tree;
CREATE SCHEMA tree_parts;
SET search_path = tree, public;

-- Partitions on several levels, some with another attribute number, some in another schema.
CREATE TABLE reading (id bigserial, day int NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE reading_2024 PARTITION OF reading FOR VALUES FROM (1) TO (100) PARTITION BY LIST (day);
CREATE TABLE tree_parts.reading_2024_1 PARTITION OF reading_2024 DEFAULT;
CREATE TABLE tree_parts.reading_2025 (day int NOT NULL, gone int, id bigint NOT NULL DEFAULT nextval('reading_id_seq'), UNIQUE (id));
ALTER TABLE tree_parts.reading_2025 DROP COLUMN gone;
ALTER TABLE reading ATTACH PARTITION tree_parts.reading_2025 FOR VALUES FROM (100) TO (200);
INSERT INTO reading SELECT g, 5 FROM generate_series(1, 10) g;
INSERT INTO reading SELECT g, 150 FROM generate_series(11, 20) g;
SELECT status, table_name, column_name, max_id, inserts_left, kind, detail FROM seq_audit('tree');
SELECT status, table_name FROM seq_audit('tree_parts');
SELECT outcome, sequence_name, new_next FROM seq_resync('tree');
SELECT status, table_name, detail FROM seq_audit('tree');
DROP TABLE reading;

-- A partition that was attached with its own sequence has its own row.
CREATE TABLE bill (id serial, kind int) PARTITION BY LIST (kind);
CREATE TABLE bill_paid (id serial PRIMARY KEY, kind int);
ALTER TABLE bill ATTACH PARTITION bill_paid FOR VALUES IN (1);
INSERT INTO bill_paid VALUES (7, 1);
SELECT status, table_name, sequence_name, max_id FROM seq_audit('tree');
DROP TABLE bill;

-- A partition whose default changes the value has its own row, too: the next one here is 1001.
CREATE TABLE fee (id bigserial, kind int, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
CREATE TABLE fee_paid PARTITION OF fee FOR VALUES IN (1);
CREATE TABLE fee_open PARTITION OF fee FOR VALUES IN (2);
ALTER TABLE fee_open ALTER id SET DEFAULT nextval('fee_id_seq') - 1000;
INSERT INTO fee_open VALUES (1001, 2);
SELECT setval('fee_id_seq', 2000);
SELECT status, table_name, detail FROM seq_audit('tree');
SELECT seq_assert('tree', strict => true);
SELECT outcome, sequence_name, detail FROM seq_resync('tree');
DROP TABLE fee;

-- Partitioning by inheritance: a child's CHECK routes ids and is not a limit.
CREATE TABLE part (id bigserial PRIMARY KEY, CHECK (id < 1000000));
CREATE TABLE part_1 (PRIMARY KEY (id), CHECK (id BETWEEN 1 AND 100)) INHERITS (part);
CREATE TABLE part_2 (PRIMARY KEY (id), CHECK (id BETWEEN 101 AND 200)) INHERITS (part);
CREATE TABLE part_3 (PRIMARY KEY (id), CHECK (id BETWEEN 201 AND 300)) INHERITS (part);
INSERT INTO part_1 SELECT generate_series(1, 100);
INSERT INTO part_2 SELECT generate_series(101, 200);
INSERT INTO part_3 SELECT generate_series(201, 205);
SELECT setval('part_id_seq', 150);
SELECT status, table_name, max_id, behind_by, inserts_left, detail FROM seq_audit('tree');
SELECT outcome, new_next, detail FROM seq_resync('tree');
SELECT status, table_name, max_id, inserts_left, detail, fix FROM seq_audit('tree');
SELECT seq_assert('tree', strict => true);
DROP TABLE part CASCADE;

-- Inheritance: the worst child decides; one with its own sequence has its own row.
CREATE TABLE animal (id serial PRIMARY KEY);
CREATE TABLE dog (PRIMARY KEY (id)) INHERITS (animal);
CREATE TABLE puppy (PRIMARY KEY (id)) INHERITS (dog);
CREATE TABLE cat (id int NOT NULL DEFAULT nextval('animal_id_seq') PRIMARY KEY) INHERITS (animal);
CREATE TABLE bird (id serial PRIMARY KEY) INHERITS (animal);
CREATE TABLE catdog () INHERITS (cat, dog);
INSERT INTO puppy VALUES (1);
INSERT INTO catdog VALUES (90);
INSERT INTO bird VALUES (2);
SELECT status, table_name, sequence_name, max_id, behind_by, inserts_left, detail, fix FROM seq_audit('tree');
SELECT outcome, sequence_name, new_next, detail FROM seq_resync_table('animal');
SELECT status, table_name, sequence_name, max_id, detail FROM seq_audit('tree');

-- With an unreadable child, the status is not ok, and errors of the others are still reported.
CREATE ROLE regress_keeper;
GRANT USAGE ON SCHEMA tree TO regress_keeper;
GRANT SELECT ON animal, dog, puppy, cat, bird TO regress_keeper;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA tree TO regress_keeper;
SET ROLE regress_keeper;
SELECT status, table_name, sequence_name, max_id, detail FROM seq_audit('tree');
RESET ROLE;
INSERT INTO animal VALUES (100);
SET ROLE regress_keeper;
SELECT status, table_name, sequence_name, max_id, detail FROM seq_audit('tree');
SELECT seq_assert('tree', within => 0);
SELECT seq_assert('tree', within => 0, strict => true);
SELECT severity, check_name, object, detail FROM flightcheck('tree') WHERE check_name LIKE 'sequence%';
RESET ROLE;

-- Other tables that share the sequence are named; those of the hierarchy are not.
CREATE TABLE plant (id int PRIMARY KEY DEFAULT nextval('animal_id_seq'));
SELECT status, table_name, detail FROM seq_audit('tree') WHERE sequence_name = 'animal_id_seq'::regclass;

-- Where an application draws, inheriting tables, such as TimescaleDB's chunks, hold ids of the same
-- sequence.
CREATE TABLE probe (id int PRIMARY KEY);
CREATE SEQUENCE probe_seq;
CREATE TABLE probe_1 (PRIMARY KEY (id)) INHERITS (probe);
CREATE TABLE tree_parts.probe_2 (PRIMARY KEY (id)) INHERITS (probe_1);
CREATE TABLE probe_own (id serial PRIMARY KEY) INHERITS (probe);
INSERT INTO tree_parts.probe_2 VALUES (1), (30);
CREATE TABLE kept (id bigserial PRIMARY KEY);
ALTER TABLE kept ALTER id DROP DEFAULT;
CREATE TABLE kept_1 (PRIMARY KEY (id)) INHERITS (kept);
INSERT INTO kept_1 VALUES (7);
SELECT status, table_name, sequence_name, max_id, kind, detail FROM seq_audit('tree') WHERE sequence_name::text ~ 'probe|kept';
SELECT outcome, sequence_name, new_next FROM seq_resync('tree') WHERE sequence_name::text ~ 'probe|kept';
SELECT status, table_name, max_id FROM seq_audit('tree') WHERE sequence_name::text ~ 'probe|kept';

DROP SCHEMA tree, tree_parts CASCADE;
DROP ROLE regress_keeper;
