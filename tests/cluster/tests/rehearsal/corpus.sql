-- Cases for corpus.rs: name, then `autocommit`, `role=…` and `unknown` where they apply; the setup;
-- the statements of the script, separated by a line of two hyphens.

-- case: duplicate_emails
CREATE TABLE account (id int PRIMARY KEY, email text);
INSERT INTO account SELECT g, 'a' || g % 7 FROM generate_series(1, 20) g;
-- script
CREATE INDEX ON account (id)
--
CREATE UNIQUE INDEX account_email ON account (email)

-- case: duplicates_removed_before
CREATE TABLE account (id int PRIMARY KEY, email text);
INSERT INTO account SELECT g, 'a' || g % 7 FROM generate_series(1, 20) g;
-- script
DELETE FROM account WHERE id > 7
--
CREATE UNIQUE INDEX account_email ON account (email)

-- case: orphans
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent_id int);
INSERT INTO child VALUES (1, 1);
-- script
ALTER TABLE child ADD FOREIGN KEY (parent_id) REFERENCES parent

-- case: orphans_not_valid
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, parent_id int);
INSERT INTO child VALUES (1, 1);
-- script
ALTER TABLE child ADD CONSTRAINT fk FOREIGN KEY (parent_id) REFERENCES parent NOT VALID
--
ALTER TABLE child VALIDATE CONSTRAINT fk

-- case: not_null_without_default
CREATE TABLE t (id int);
INSERT INTO t VALUES (1);
-- script
ALTER TABLE t ADD COLUMN n int NOT NULL

-- case: not_null_on_empty_table
CREATE TABLE t (id int);
-- script
ALTER TABLE t ADD COLUMN n int NOT NULL

-- case: check_violated_after_update
CREATE TABLE t (id int, price int);
INSERT INTO t VALUES (1, 5), (2, 0);
-- script
UPDATE t SET price = price - 1
--
ALTER TABLE t ADD CHECK (price >= 0)

-- case: exclusion
CREATE TABLE booking (room int4range);
INSERT INTO booking VALUES ('[1,5)'), ('[4,9)');
-- script
ALTER TABLE booking ADD EXCLUDE USING gist (room WITH &&)

-- case: narrower_type
CREATE TABLE t (name text);
INSERT INTO t VALUES ('long enough');
-- script
ALTER TABLE t ALTER name TYPE varchar(4)

-- case: type_without_cast
CREATE TABLE t (name text);
-- script
ALTER TABLE t ALTER name TYPE int

-- case: number_out_of_range
CREATE TABLE t (n bigint);
INSERT INTO t VALUES (3000000000);
-- script
ALTER TABLE t ALTER n TYPE int

-- case: view_in_the_way
CREATE TABLE t (a int, b int);
CREATE VIEW v AS SELECT a FROM t;
-- script
ALTER TABLE t DROP COLUMN b
--
ALTER TABLE t DROP COLUMN a

-- case: table_in_use_by_key
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p int REFERENCES p);
-- script
DROP TABLE p

-- case: unknown_column
CREATE TABLE t (a int);
-- script
UPDATE t SET b = 1

-- case: other_dialect
CREATE TABLE t (a int);
-- script
ALTER TABLE t MODIFY COLUMN a bigint

-- case: unknown_function
CREATE TABLE t (a int);
-- script
ALTER TABLE t ADD u uuid DEFAULT gen_uuid()

-- case: exists_already
CREATE TABLE t (a int);
-- script
CREATE TABLE t (a int)

-- case: exists_if_not
CREATE TABLE t (a int);
-- script
CREATE TABLE IF NOT EXISTS t (a int, b int)
--
INSERT INTO t (b) VALUES (1)

-- case: not_owner role=rh_app
CREATE TABLE t (a int);
GRANT ALL ON t TO rh_app;
-- script
INSERT INTO t VALUES (1)
--
ALTER TABLE t ADD b int

-- case: no_privilege role=rh_app
CREATE TABLE t (a int);
GRANT SELECT ON t TO rh_app;
-- script
SELECT * FROM t
--
DELETE FROM t

-- case: owner_of_all role=rh_app
CREATE TABLE t (a int);
ALTER TABLE t OWNER TO rh_app;
-- script
ALTER TABLE t ADD b int DEFAULT 3
--
ALTER TABLE t OWNER TO rh_other

-- case: forced_row_security role=rh_app
CREATE TABLE t (a int);
INSERT INTO t VALUES (NULL);
ALTER TABLE t OWNER TO rh_app;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (a > 0);
-- script
UPDATE t SET a = 1 WHERE a IS NULL
--
ALTER TABLE t ALTER a SET NOT NULL

-- case: concurrently_in_transaction
CREATE TABLE t (a int);
-- script
CREATE INDEX CONCURRENTLY t_a ON t (a)

-- case: concurrently_alone autocommit
CREATE TABLE t (a int);
INSERT INTO t VALUES (1), (1);
-- script
CREATE INDEX CONCURRENTLY t_a ON t (a)
--
DROP INDEX CONCURRENTLY t_a
--
CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)

-- case: vacuum_in_transaction
CREATE TABLE t (a int);
-- script
VACUUM t

-- case: vacuum_alone autocommit unknown
CREATE TABLE t (a int);
-- script
VACUUM t

-- case: pending_trigger_events
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
INSERT INTO p VALUES (1);
-- script
INSERT INTO c VALUES (1)
--
ALTER TABLE c ADD x int

-- case: pending_trigger_events_alone autocommit
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
INSERT INTO p VALUES (1);
-- script
INSERT INTO c VALUES (1)
--
ALTER TABLE c ADD x int

-- case: deferred_violation
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
-- script
INSERT INTO c VALUES (1)

-- case: deferred_violation_repaired
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
-- script
INSERT INTO c VALUES (1)
--
INSERT INTO p VALUES (1)

-- case: enum_value_at_once
CREATE TYPE mood AS ENUM ('fine');
CREATE TABLE t (m mood);
-- script
ALTER TYPE mood ADD VALUE 'bad'
--
INSERT INTO t VALUES ('bad')

-- case: enum_value_later autocommit unknown
CREATE TYPE mood AS ENUM ('fine');
CREATE TABLE t (m mood);
-- script
ALTER TYPE mood ADD VALUE 'bad'
--
INSERT INTO t VALUES ('bad')

-- case: savepoints
CREATE TABLE t (a int UNIQUE);
-- script
INSERT INTO t VALUES (1)
--
SAVEPOINT s
--
INSERT INTO t VALUES (2)
--
ROLLBACK TO s
--
INSERT INTO t VALUES (2)
--
RELEASE s
--
INSERT INTO t VALUES (1)

-- case: own_transactions autocommit
CREATE TABLE t (a int UNIQUE);
-- script
BEGIN
--
INSERT INTO t VALUES (1)
--
ROLLBACK
--
INSERT INTO t VALUES (1)
--
BEGIN
--
SET LOCAL search_path = pg_catalog
--
COMMIT
--
INSERT INTO t VALUES (1)

-- case: savepoint_outside autocommit
CREATE TABLE t (a int);
-- script
SAVEPOINT s

-- case: committing_procedure
CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
-- script
CALL p()

-- case: committing_procedure_alone autocommit unknown
CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
-- script
CALL p()

-- case: isolation_level unknown
CREATE TABLE t (a int);
-- script
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
--
INSERT INTO t VALUES (1)

-- case: partition_overlap
CREATE TABLE t (a int) PARTITION BY RANGE (a);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
-- script
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (5) TO (15)

-- case: attach_rows_outside
CREATE TABLE t (a int) PARTITION BY RANGE (a);
CREATE TABLE t1 (a int);
INSERT INTO t1 VALUES (99);
-- script
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (1) TO (10)

-- case: stale_trigger_function
CREATE TABLE t (a int, b int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.b := 1; RETURN NEW; END';
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
-- script
ALTER TABLE t DROP b
--
INSERT INTO t VALUES (1)

-- case: raised_by_the_script
CREATE TABLE t (a int);
-- script
DO $$ BEGIN IF NOT EXISTS (SELECT FROM t) THEN RAISE EXCEPTION 'empty' USING ERRCODE = 'MY001'; END IF; END $$

-- case: id_behind_sequence
CREATE TABLE t (id serial PRIMARY KEY);
INSERT INTO t VALUES (1), (2);
-- script
INSERT INTO t DEFAULT VALUES

-- case: names_cut
CREATE TABLE t (a int);
-- script
CREATE INDEX a_name_with_more_than_sixty_three_bytes_is_cut_by_the_server_to_63_one ON t (a)
--
CREATE INDEX a_name_with_more_than_sixty_three_bytes_is_cut_by_the_server_to_63_two ON t (a)

-- case: last_deferred_constraint_dropped autocommit
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE d (id int REFERENCES p DEFERRABLE);
-- script
INSERT INTO p VALUES (1)
--
INSERT INTO c VALUES (1)
--
ALTER TABLE c DROP CONSTRAINT c_id_fkey
--
INSERT INTO d VALUES (2)

-- case: deferred_name_that_is_not_deferrable_elsewhere autocommit unknown
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE a (id int CONSTRAINT fk REFERENCES p DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE b (id int CONSTRAINT fk REFERENCES p);
INSERT INTO p VALUES (1);
-- script
INSERT INTO c VALUES (1)
--
SELECT 1
--
INSERT INTO b VALUES (5)

-- case: ambiguous_name_deferred_in_real_run autocommit unknown
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE a (id int CONSTRAINT fk REFERENCES p DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE b (id int CONSTRAINT fk REFERENCES p);
INSERT INTO p VALUES (1);
-- script
INSERT INTO c VALUES (1)
--
BEGIN
--
INSERT INTO a VALUES (5)
--
INSERT INTO p VALUES (5)
--
COMMIT

-- case: reindex_option_not_boolean autocommit
CREATE TABLE t (id int PRIMARY KEY);
-- script
SELECT 1
--
REINDEX (CONCURRENTLY 7) TABLE t

-- case: deferred_constraint_created_in_a_block autocommit
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
INSERT INTO p VALUES (7);
-- script
INSERT INTO c VALUES (7)
--
BEGIN
--
CREATE TABLE c2 (id int REFERENCES p DEFERRABLE INITIALLY DEFERRED)
--
INSERT INTO c2 VALUES (1)
--
INSERT INTO p VALUES (1)
--
COMMIT

-- case: deferrable_constraint_stays_immediate autocommit
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
-- script
INSERT INTO p VALUES (7)
--
INSERT INTO c VALUES (7)
--
CREATE TABLE c2 (id int REFERENCES p DEFERRABLE)
--
BEGIN
--
INSERT INTO c2 VALUES (1)
--
INSERT INTO p VALUES (1)
--
COMMIT

-- case: deferred_constraint_created_by_a_function autocommit
CREATE TABLE p (id int PRIMARY KEY);
CREATE FUNCTION mk() RETURNS void LANGUAGE plpgsql
    AS 'BEGIN CREATE TABLE c2 (id int REFERENCES p DEFERRABLE INITIALLY DEFERRED); END';
-- script
INSERT INTO p VALUES (7)
--
SELECT mk()
--
INSERT INTO c2 VALUES (99)

-- case: set_constraints_ends_with_its_transaction autocommit
CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE d (id int REFERENCES p DEFERRABLE);
-- script
BEGIN
--
SET CONSTRAINTS ALL DEFERRED
--
INSERT INTO d VALUES (1)
--
INSERT INTO p VALUES (1)
--
COMMIT
--
BEGIN
--
INSERT INTO d VALUES (2)
--
INSERT INTO p VALUES (2)
--
COMMIT

-- case: read_only_transactions autocommit unknown
CREATE TABLE t (id int);
-- script
SET default_transaction_read_only = on
--
INSERT INTO t VALUES (1)

-- case: system_index_rebuilt unknown
SELECT 1;
-- script
REINDEX INDEX pg_class_oid_index

-- case: local_setting_of_a_custom_name autocommit
SELECT 1;
-- script
BEGIN
--
SET LOCAL my.x = '1'
--
COMMIT
--
SELECT current_setting('my.x')::int

-- case: value_of_an_enum_added_by_a_block autocommit unknown
CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (v e);
-- script
BEGIN
--
DO $$ BEGIN ALTER TYPE e ADD VALUE 'b'; END $$
--
COMMIT
--
INSERT INTO t VALUES ('b')
