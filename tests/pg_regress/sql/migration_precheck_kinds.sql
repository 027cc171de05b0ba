-- Domains, limits of sequences, publications, versions of extensions, and objects that are not
-- relations.
SET client_min_messages = error;
CREATE SCHEMA mk;
SET search_path = mk, public;
CREATE ROLE mk_app;
GRANT USAGE ON SCHEMA mk TO mk_app;
-- What the statements of a script raise, or may raise.
CREATE FUNCTION found(script text, as_role name DEFAULT NULL)
  RETURNS TABLE (severity text, statement int, check_name text, sqlstate text, detail text)
  LANGUAGE sql
  AS 'SELECT severity, statement, check_name, sqlstate, detail FROM migration_precheck($1, $2) WHERE severity IN (''error'', ''unknown'')';
CREATE DOMAIN quantity AS int CONSTRAINT not_many CHECK (VALUE < 1000);
CREATE TABLE stock (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n quantity);
INSERT INTO stock (n) VALUES (5), (50), (NULL);
-- Each domain is judged once in a script: later statements do not see the change.
SELECT * FROM found('ALTER DOMAIN quantity ADD CHECK (VALUE < 40)');
SELECT * FROM found('ALTER DOMAIN quantity ADD CHECK (VALUE < 40) NOT VALID');
SELECT * FROM found('ALTER DOMAIN quantity ADD CHECK (VALUE < 60); ALTER DOMAIN quantity ADD CHECK (VALUE > 0);');
SELECT * FROM found('ALTER DOMAIN quantity SET NOT NULL');
SELECT * FROM found('ALTER DOMAIN quantity ADD CHECK (nocol > 0)');
SELECT * FROM found('ALTER DOMAIN quantity ADD CONSTRAINT not_many CHECK (VALUE > 0)');
SELECT * FROM found('ALTER DOMAIN quantity DROP CONSTRAINT absent');
SELECT * FROM found('ALTER DOMAIN quantity VALIDATE CONSTRAINT not_many');
SELECT * FROM found('ALTER DOMAIN quantity SET NOT NULL', 'mk_app');
SELECT severity, check_name, detail FROM migration_precheck('SET lock_timeout = 1; ALTER DOMAIN quantity ADD CHECK (VALUE < 60)') WHERE statement = 2;
CREATE TABLE boxes (id int, several quantity[]);
SELECT * FROM found('ALTER DOMAIN quantity SET NOT NULL');
-- Sequences keep their position within the limits.
CREATE SEQUENCE steps INCREMENT 5 MINVALUE 5 MAXVALUE 100 START 10;
SELECT nextval('steps'), nextval('steps');
SELECT * FROM found('ALTER SEQUENCE steps MAXVALUE 12;
ALTER SEQUENCE steps RESTART WITH 101;
ALTER SEQUENCE steps START 3;
ALTER SEQUENCE steps INCREMENT 0;
ALTER SEQUENCE steps MAXVALUE 12 RESTART;
ALTER SEQUENCE steps AS smallint MAXVALUE 100000 RESTART;
SELECT setval(''steps'', 101);
SELECT setval(''steps'', 4, false);
SELECT currval(''steps'');
CREATE SEQUENCE wrong MINVALUE 10 MAXVALUE 5;
CREATE SEQUENCE low MAXVALUE 5;
SELECT setval(''low'', 6);
ALTER TABLE stock ALTER id RESTART WITH 0;
ALTER TABLE stock ADD other smallint GENERATED ALWAYS AS IDENTITY (MAXVALUE 40000);
SELECT setval(''stock'', 1);');
-- Tables of a publication need a replica identity for UPDATE and DELETE.
CREATE TABLE nameless (a int);
CREATE PUBLICATION mk_feed FOR TABLE stock;
SELECT * FROM found('UPDATE nameless SET a = 1;
ALTER PUBLICATION mk_feed ADD TABLE nameless;
UPDATE nameless SET a = 1;
ALTER PUBLICATION mk_feed ADD TABLE stock;
ALTER PUBLICATION mk_feed DROP TABLE boxes;
CREATE PUBLICATION mk_feed;
ALTER PUBLICATION mk_absent ADD TABLE stock;
CREATE PUBLICATION mk_new FOR TABLE mk_absent;');
SELECT * FROM found('ALTER PUBLICATION mk_feed DROP TABLE mk.stock', 'mk_app');
-- Versions of extensions.
SELECT * FROM found('ALTER EXTENSION plpgsql UPDATE TO ''9.9''; ALTER EXTENSION mk_absent UPDATE; ALTER EXTENSION plpgsql UPDATE;');
-- Objects that are not relations exist, or not, and have owners.
CREATE COLLATION plain (LOCALE = 'C');
CREATE FUNCTION plus(int) RETURNS int LANGUAGE sql RETURN $1 + 1;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE VIEW collated AS SELECT 'a'::text COLLATE plain AS a;
SELECT * FROM found('COMMENT ON FUNCTION plus(int) IS ''x'';
COMMENT ON FUNCTION plus(text) IS ''x'';
COMMENT ON TYPE absent IS ''x'';
ALTER TYPE absent OWNER TO mk_app;
ALTER TYPE mood OWNER TO mk_app;
GRANT EXECUTE ON FUNCTION plus(text) TO mk_app;
GRANT USAGE ON TYPE absent TO mk_app;
GRANT SELECT (nocol) ON stock TO mk_app;
DROP COLLATION plain;');
SELECT * FROM found('DROP STATISTICS absent');
SELECT * FROM found('DROP STATISTICS IF EXISTS absent');
SELECT * FROM found('ALTER TYPE mood RENAME TO humour; ALTER DOMAIN quantity RENAME CONSTRAINT not_many TO few; ALTER TYPE humour ADD VALUE ''calm'' BEFORE ''happy'';');
SELECT * FROM found('ALTER TYPE mood ADD VALUE ''calm'' AFTER ''happy''');
SELECT * FROM found('COMMENT ON FUNCTION mk.plus(int) IS ''x''; DROP COLLATION mk.plain;', 'mk_app');
-- Policies and operator classes.
SELECT * FROM found('ALTER POLICY absent ON stock USING (n > 0);
CREATE POLICY own ON stock USING (n > 0);
ALTER POLICY own ON stock USING (nocol > 0);
CREATE INDEX ON stock USING gin (n gin_trgm_ops);
CREATE INDEX ON stock USING absent (n);
CREATE INDEX ON stock USING nothing (n no_ops);');
-- Functions whose bodies are not read.
SELECT * FROM found('CREATE FUNCTION p() RETURNS int LANGUAGE plpgsql AS ''BEGIN RETUR 1; END'';
SET check_function_bodies = off;
CREATE FUNCTION q() RETURNS int LANGUAGE plpgsql AS ''BEGIN RETUR 1; END'';
CREATE TRIGGER t BEFORE INSERT ON stock FOR EACH ROW EXECUTE FUNCTION q();
CREATE FUNCTION rec(a int) RETURNS int LANGUAGE sql AS ''SELECT CASE WHEN a > 0 THEN rec(a - 1) END'';');
-- Reports of real migrations.
CREATE TABLE old_parent (id int PRIMARY KEY);
CREATE TABLE new_parent (id int PRIMARY KEY);
CREATE TABLE kid (o int CONSTRAINT kid_fk REFERENCES old_parent, status text DEFAULT 'x');
SELECT * FROM found('CREATE TABLE tree (id int NOT NULL, parent int REFERENCES tree (id), PRIMARY KEY (id));
ALTER TABLE kid DROP CONSTRAINT kid_fk, ADD CONSTRAINT kid_fk FOREIGN KEY (o) REFERENCES new_parent;
DROP TABLE old_parent;
SELECT * FROM nosuch.t;
TRUNCATE nosuch.t;
CREATE SEQUENCE cs;
CREATE FUNCTION draws() RETURNS bigint LANGUAGE sql AS ''SELECT nextval(''''cs'''')'';
CREATE TYPE state AS ENUM (''a'');
ALTER TABLE kid ALTER status SET DEFAULT ''a''::state;
ALTER TABLE kid ALTER status TYPE state USING status::state;');
SELECT * FROM found('ALTER TABLE stock ADD u uuid DEFAULT gen_random_uuid();
ALTER TABLE stock ADD c text DEFAULT currval(''steps'');');
-- What ON DELETE CASCADE deletes may be referred to, and fire triggers.
CREATE TABLE house (id int PRIMARY KEY);
CREATE TABLE room (id int PRIMARY KEY, house int REFERENCES house ON DELETE CASCADE);
CREATE TABLE lamp (room int REFERENCES room, house int NOT NULL REFERENCES house ON DELETE SET NULL);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING MESSAGE = ''no''; END';
CREATE TRIGGER guards BEFORE DELETE ON room FOR EACH ROW EXECUTE FUNCTION refuse();
SELECT * FROM found('DELETE FROM house WHERE id = 1');
SELECT severity, object, detail FROM migration_precheck('SET lock_timeout = 1; DROP TRIGGER IF EXISTS absent ON room; DELETE FROM house;') WHERE check_name IN ('lock', 'if_exists') AND statement > 1;
-- Reports of random scripts.
CREATE TABLE mother (id int, c int);
CREATE TABLE child () INHERITS (mother);
INSERT INTO child VALUES (1, 1);
CREATE TABLE later (id serial, c int UNIQUE DEFERRABLE);
INSERT INTO later VALUES (1, 1);
CREATE TABLE span (id int) PARTITION BY RANGE (id);
CREATE TABLE span_1 PARTITION OF span FOR VALUES FROM (0) TO (9);
CREATE TABLE theirs (id int NOT NULL);
ALTER TABLE theirs OWNER TO mk_app;
SELECT * FROM found('DROP TABLE child; ALTER TABLE mother ADD n int NOT NULL;');
SELECT * FROM found('CREATE VIEW reads AS SELECT c FROM child; ALTER TABLE mother DROP COLUMN c;');
SELECT * FROM found('INSERT INTO later (c) VALUES (2) ON CONFLICT DO NOTHING');
SELECT * FROM found('ALTER TABLE later DROP COLUMN id; SELECT nextval(''later_id_seq'');');
SELECT * FROM found('ALTER TABLE later ADD CHECK (id > 5) NOT VALID; UPDATE later SET c = NULL;');
SELECT * FROM found('ALTER TABLE span ALTER id SET NOT NULL; ALTER TABLE span ATTACH PARTITION span_1 FOR VALUES FROM (0) TO (9);');
SELECT * FROM found('ALTER TABLE theirs ALTER id ADD GENERATED ALWAYS AS IDENTITY; CREATE TABLE heir () INHERITS (mother);', 'mk_app');
-- ROLLBACK restores what the script has done to sequences, domains and policies.
SELECT * FROM found('BEGIN;
ALTER SEQUENCE steps MAXVALUE 20 RESTART;
ALTER DOMAIN quantity DROP CONSTRAINT not_many;
CREATE POLICY own ON mother USING (c > 0);
ROLLBACK;
SELECT setval(''steps'', 50);
ALTER DOMAIN quantity DROP CONSTRAINT not_many;
ALTER TABLE mother DROP COLUMN c;');
SET client_min_messages = error;
DROP SCHEMA mk CASCADE;
DROP PUBLICATION mk_feed;
DROP ROLE mk_app;
