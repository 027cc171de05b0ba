-- A finding for every check that needs no second session. Run by a superuser; the role `app` owns
-- most objects.
CREATE SCHEMA s AUTHORIZATION app;
SET ROLE app;
CREATE TABLE s.parent (id serial PRIMARY KEY, note text);
CREATE TABLE s.child (id int PRIMARY KEY, parent int REFERENCES s.parent);
CREATE TABLE s.unchecked (id int PRIMARY KEY, a int, parent int);
CREATE TABLE s.keyless (id serial, a int);
CREATE TABLE s.numbered (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE s.large (id int PRIMARY KEY, note text);
CREATE TABLE s.borrower (id int PRIMARY KEY DEFAULT nextval('s.parent_id_seq'));
CREATE TABLE s._sqlx_migrations (version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(),
    success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL);
CREATE FUNCTION s.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamp BEFORE INSERT ON s.child FOR EACH ROW EXECUTE FUNCTION s.stamp();
INSERT INTO s.parent VALUES (1), (2), (3);
INSERT INTO s.large SELECT i, repeat('x', 100) FROM generate_series(1, 2000) i;
INSERT INTO s._sqlx_migrations VALUES (1, 'd', '2026-01-01', false, '', -1);
ALTER TABLE s.unchecked ADD CHECK (a > 0) NOT VALID;
ALTER TABLE s.unchecked ADD FOREIGN KEY (parent) REFERENCES s.parent NOT VALID;
CREATE INDEX half ON s.large (note);
RESET ROLE;
CREATE TABLE s.stray (id int PRIMARY KEY);
SET session_replication_role = replica;
INSERT INTO s.child VALUES (1, 4711);
RESET session_replication_role;
ALTER TABLE s.child DISABLE TRIGGER ALL;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 's.half'::regclass;
UPDATE pg_collation SET collversion = '0.1' WHERE collname = '{collation}';
CREATE TABLE s.sorted (id text COLLATE "{collation}" PRIMARY KEY);
