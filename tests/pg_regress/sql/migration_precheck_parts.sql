-- Conditions of triggers, defaults of parameters, statements that write many rows, limits of time,
-- and the settings of as_role.
SET client_min_messages = error;
CREATE SCHEMA mq;
SET search_path = mq, public;
CREATE ROLE mq_app;
CREATE ROLE mq_owner;
GRANT mq_owner TO mq_app;
GRANT USAGE ON SCHEMA mq TO mq_app;
GRANT ALL ON SCHEMA mq TO mq_owner;
-- 19 adds why it finds no function.
CREATE FUNCTION found(script text, as_role name DEFAULT NULL)
  RETURNS TABLE (severity text, statement int, check_name text, sqlstate text, detail text)
  LANGUAGE sql
  AS 'SELECT severity, statement, check_name, sqlstate, regexp_replace(detail, '' \((There is no function|No operator) [^)]*\)'', '''') FROM migration_precheck($1, $2) WHERE severity IN (''error'', ''unknown'')';
CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION plain() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE item (id int, name text, price numeric, total numeric GENERATED ALWAYS AS (price * 2) STORED);
CREATE VIEW shown AS SELECT * FROM item;
CREATE TABLE span (id int) PARTITION BY RANGE (id);
-- WHEN is analyzed as the server does.
SELECT * FROM found('CREATE TRIGGER a BEFORE UPDATE ON item FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION same();
CREATE TRIGGER b AFTER UPDATE OF name, price ON item FOR EACH ROW WHEN (OLD.price > NEW.price AND OLD.ctid <> NEW.ctid) EXECUTE FUNCTION same();
CREATE TRIGGER c AFTER INSERT ON item FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION same();
CREATE TRIGGER d BEFORE UPDATE ON item FOR EACH ROW WHEN (NEW.absent IS NULL) EXECUTE FUNCTION same();
CREATE TRIGGER e BEFORE UPDATE ON item FOR EACH ROW WHEN (name IS NULL) EXECUTE FUNCTION same();
CREATE TRIGGER f BEFORE INSERT ON item FOR EACH ROW WHEN (OLD.id = 1) EXECUTE FUNCTION same();
CREATE TRIGGER g BEFORE DELETE ON item FOR EACH ROW WHEN (NEW.id = 1) EXECUTE FUNCTION same();
CREATE TRIGGER h BEFORE UPDATE ON item WHEN (OLD.id = 1) EXECUTE FUNCTION same();
CREATE TRIGGER i BEFORE UPDATE ON item FOR EACH ROW WHEN (NEW.total = 1) EXECUTE FUNCTION same();
CREATE TRIGGER j BEFORE UPDATE ON item FOR EACH ROW WHEN (NEW.ctid IS NULL) EXECUTE FUNCTION same();
CREATE TRIGGER k BEFORE UPDATE ON item FOR EACH ROW WHEN (NEW.id) EXECUTE FUNCTION same();
CREATE TRIGGER l BEFORE UPDATE ON item FOR EACH ROW WHEN ((SELECT true)) EXECUTE FUNCTION same();
CREATE TRIGGER m BEFORE UPDATE ON item FOR EACH ROW WHEN (count(*) > 0) EXECUTE FUNCTION same();
CREATE TRIGGER n BEFORE UPDATE ON item FOR EACH ROW WHEN (absent(NEW.id)) EXECUTE FUNCTION plain();
CREATE TRIGGER o BEFORE UPDATE ON item FOR EACH ROW WHEN (NEW.price = NEW.name) EXECUTE FUNCTION same();
CREATE TRIGGER p BEFORE UPDATE ON item FOR EACH ROW WHEN (NEW.id = 1) EXECUTE FUNCTION plain();');
-- What the script has changed counts, and the columns are needed afterwards.
SELECT * FROM found('ALTER TABLE item RENAME name TO title; ALTER TABLE item ADD extra int;
CREATE TRIGGER a BEFORE UPDATE ON item FOR EACH ROW WHEN (OLD.title <> NEW.title AND NEW.extra > 1) EXECUTE FUNCTION same();
CREATE TRIGGER b AFTER UPDATE OF price ON item FOR EACH ROW WHEN (OLD.name IS NULL) EXECUTE FUNCTION same();
ALTER TABLE item DROP COLUMN extra;
ALTER TABLE item DROP COLUMN price CASCADE;');
-- Triggers that a relation cannot have.
SELECT * FROM found('CREATE TRIGGER a INSTEAD OF INSERT ON item FOR EACH ROW EXECUTE FUNCTION same();
CREATE TRIGGER b BEFORE INSERT ON shown FOR EACH ROW EXECUTE FUNCTION same();
CREATE TRIGGER c INSTEAD OF INSERT ON shown EXECUTE FUNCTION same();
CREATE TRIGGER d INSTEAD OF UPDATE OF id ON shown FOR EACH ROW EXECUTE FUNCTION same();
CREATE TRIGGER e BEFORE TRUNCATE ON item FOR EACH ROW EXECUTE FUNCTION same();
CREATE TRIGGER f AFTER UPDATE ON span REFERENCING NEW TABLE AS n FOR EACH ROW EXECUTE FUNCTION same();
CREATE TRIGGER g BEFORE UPDATE ON item REFERENCING NEW TABLE AS n EXECUTE FUNCTION same();
CREATE TRIGGER h AFTER UPDATE OR DELETE ON item REFERENCING OLD TABLE AS o EXECUTE FUNCTION same();
CREATE TRIGGER i AFTER INSERT ON item REFERENCING OLD TABLE AS o EXECUTE FUNCTION same();
CREATE TRIGGER j AFTER UPDATE ON item REFERENCING OLD TABLE AS o NEW TABLE AS n EXECUTE FUNCTION same();');
-- Defaults of parameters.
SELECT * FROM found('SET check_function_bodies = off;
CREATE FUNCTION a(n int DEFAULT 1, t text DEFAULT now()) RETURNS int LANGUAGE plpgsql AS ''x'';
CREATE FUNCTION b(n int DEFAULT ''x'') RETURNS int LANGUAGE plpgsql AS ''x'';
CREATE FUNCTION c(n int DEFAULT true) RETURNS int LANGUAGE plpgsql AS ''x'';
CREATE FUNCTION d(n int DEFAULT absent()) RETURNS int LANGUAGE plpgsql AS ''x'';
CREATE FUNCTION e(n int DEFAULT (SELECT 1)) RETURNS int LANGUAGE plpgsql AS ''x'';
CREATE FUNCTION f(n int DEFAULT 1, m int) RETURNS int LANGUAGE plpgsql AS ''x'';
CREATE FUNCTION g(n int, m int DEFAULT n) RETURNS int LANGUAGE plpgsql AS ''x'';
CREATE FUNCTION h(OUT n int DEFAULT 1) LANGUAGE plpgsql AS ''x'';');
-- Statements that write many rows.
CREATE TABLE big AS SELECT g AS id, g % 7 AS n FROM generate_series(1, 20000) g;
ANALYZE big;
SELECT severity, statement, check_name, regexp_replace(detail, '\d+ kB', 'N kB') AS detail FROM migration_precheck('UPDATE big SET n = 1;
UPDATE big SET n = 1 WHERE id <= 12000;
UPDATE big SET n = 1 WHERE id <= 9000;
UPDATE big SET n = 1 FROM item WHERE item.id = big.id;
DELETE FROM big;
DELETE FROM item;') WHERE check_name = 'many_rows';
SELECT severity, statement, check_name, detail FROM migration_precheck('DELETE FROM big WHERE id < 15000;') WHERE check_name = 'many_rows';
-- After DO, nothing is certain.
SELECT severity, statement, check_name, detail FROM migration_precheck('DO $$BEGIN NULL; END$$; CREATE TABLE IF NOT EXISTS item (id int);
DROP TABLE IF EXISTS absent;') WHERE check_name LIKE 'if%';
-- The script's lock_timeout: SET LOCAL ends with the transaction, and RESET and 0 take it away.
SELECT line, detail FROM migration_precheck('BEGIN; SET LOCAL lock_timeout = ''1s''; ALTER TABLE big ADD a int; COMMIT;') WHERE check_name = 'lock_timeout';
SELECT line, detail FROM migration_precheck('BEGIN; SET LOCAL lock_timeout = ''1s''; COMMIT;
ALTER TABLE big ADD a int;') WHERE check_name = 'lock_timeout';
SELECT line, detail FROM migration_precheck('SET lock_timeout = ''1s''; SET lock_timeout = ''0ms'';
ALTER TABLE big ADD a int;') WHERE check_name = 'lock_timeout';
-- as_role has the settings of its sessions.
CREATE SCHEMA mq_own AUTHORIZATION mq_app;
CREATE TABLE mq_own.mine (id int);
ALTER TABLE mq_own.mine OWNER TO mq_app;
SELECT * FROM found('ALTER TABLE mine ADD a int', 'mq_app');
SELECT status, sqlstate FROM migration_rehearse('ALTER TABLE mine ADD a int', 'mq_app') WHERE statement = 1;
ALTER ROLE mq_app SET search_path = mq_own;
ALTER ROLE mq_app SET lock_timeout = '1s';
SELECT * FROM found('ALTER TABLE mine ADD a int; SET search_path = mq; ALTER TABLE mine ADD a int; RESET search_path; ALTER TABLE mine ADD b int;', 'mq_app');
SELECT severity, check_name FROM migration_precheck('ALTER TABLE mine ADD a int', 'mq_app') WHERE check_name = 'lock_timeout';
SELECT status, sqlstate FROM migration_rehearse('ALTER TABLE mine ADD a int', 'mq_app') WHERE statement = 1;
SELECT * FROM found('ALTER TABLE mine ADD a int');
-- ALTER DATABASE counts less, and a role that it becomes owns what it may change.
ALTER DATABASE :DBNAME SET search_path = public;
SELECT * FROM found('ALTER TABLE mine ADD a int', 'mq_app');
ALTER DATABASE :DBNAME RESET search_path;
ALTER TABLE mq_own.mine OWNER TO mq_owner;
ALTER ROLE mq_app SET role = mq_owner;
GRANT USAGE ON SCHEMA mq_own TO mq_owner;
SELECT * FROM found('ALTER TABLE mine ADD a int; CREATE TABLE theirs (id int);', 'mq_app');
SELECT status, sqlstate, message FROM migration_rehearse('ALTER TABLE mine ADD a int; CREATE TABLE theirs (id int);', 'mq_app', on_error => 'continue') WHERE statement > 0;
-- A setting that the caller may not set is left alone.
ALTER ROLE mq_app SET session_replication_role = replica;
GRANT mq_app TO CURRENT_USER;
SELECT status, sqlstate FROM migration_rehearse('ALTER TABLE mine ADD a int', 'mq_app') WHERE statement = 1;
SHOW search_path;
SHOW session_replication_role;
ALTER ROLE mq_app RESET ALL;
-- A relation that is created again has none of the privileges that were granted before.
CREATE TABLE told (id int);
CREATE VIEW reads AS SELECT 1 AS one;
GRANT SELECT, INSERT ON told TO mq_app WITH GRANT OPTION;
GRANT SELECT ON told TO PUBLIC;
GRANT SELECT ON reads TO mq_app;
SELECT statement, object, detail, safer FROM migration_precheck('DROP VIEW reads; CREATE VIEW reads AS SELECT 2 AS two;
ALTER TABLE told RENAME TO old; CREATE TABLE new (id int); ALTER TABLE new RENAME TO told;') WHERE check_name = 'lost_grants';
SELECT statement, detail FROM migration_precheck('DROP VIEW reads; CREATE VIEW reads AS SELECT 2 AS two; GRANT SELECT ON reads TO mq_app;
DROP TABLE told; CREATE TABLE told (id int); GRANT SELECT ON ALL TABLES IN SCHEMA mq TO mq_app, PUBLIC;') WHERE check_name = 'lost_grants';
SELECT statement, detail FROM migration_precheck('CREATE OR REPLACE VIEW reads AS SELECT 2 AS one') WHERE check_name = 'lost_grants';
ALTER DEFAULT PRIVILEGES IN SCHEMA mq GRANT SELECT ON TABLES TO mq_app;
SELECT statement, detail FROM migration_precheck('DROP VIEW reads; CREATE VIEW reads AS SELECT 2 AS two') WHERE check_name = 'lost_grants';
-- Reports of random scripts.
CREATE TABLE drawn (id serial PRIMARY KEY, n int NOT NULL);
INSERT INTO drawn VALUES (1, 1);
GRANT ALL ON drawn TO mq_app;
SELECT * FROM found('INSERT INTO mq.drawn (n) VALUES (2); INSERT INTO mq.drawn (n) SELECT 1; INSERT INTO mq.drawn VALUES (7, 7);', 'mq_app');
SELECT * FROM found('SET SESSION AUTHORIZATION mq_app; RESET ROLE; ALTER TABLE drawn ADD a int; RESET SESSION AUTHORIZATION; ALTER TABLE drawn ADD a int;');
SELECT * FROM found('SET SESSION AUTHORIZATION mq_owner;', 'mq_app');
SELECT * FROM found('CREATE INDEX ON drawn USING absent (nocol); CREATE INDEX ON drawn USING absent (abs(nocol));');
-- A statement that is nested deeply: less of the stack is left here than for the statement itself.
SELECT count(*) > 0 AS answered FROM generate_series(2000, 6000, 500) n,
  LATERAL migration_precheck('CREATE TABLE s AS SELECT 1' || repeat(' UNION ALL SELECT 1', n) || '; ALTER TABLE item ADD CHECK (id > 0' || repeat('+1', n) || ')');
-- Reports of an attacker: statements that succeed.
CREATE SCHEMA mq_schema AUTHORIZATION mq_app;
CREATE TABLE mq_schema.t (id int);
CREATE DOMAIN positive AS int CONSTRAINT above CHECK (VALUE > 0);
CREATE TABLE measured (p positive);
CREATE TABLE parent (n int); CREATE TABLE heir () INHERITS (parent); INSERT INTO heir VALUES (NULL);
CREATE TABLE gap_ident (id int GENERATED BY DEFAULT AS IDENTITY);
CREATE TABLE ident (id int GENERATED ALWAYS AS IDENTITY UNIQUE, n int); INSERT INTO ident (n) VALUES (1);
SELECT * FROM found('BEGIN; SET LOCAL search_path = pg_catalog; SET LOCAL role = mq_app; COMMIT; SELECT * FROM drawn;');
SELECT * FROM found('BEGIN; SET LOCAL search_path = mq_own; SELECT * FROM mine; COMMIT; SELECT * FROM mine;');
SELECT * FROM found('BEGIN; SET LOCAL search_path = pg_catalog; SET search_path = mq_own; COMMIT; SELECT * FROM mine;');
SELECT * FROM found('DROP TABLE mq_schema.t', 'mq_app');
SELECT * FROM found('ALTER DOMAIN positive DROP CONSTRAINT above; INSERT INTO measured VALUES (0)');
SELECT * FROM found('CREATE TABLE n (a int UNIQUE); INSERT INTO n VALUES (1); TRUNCATE n; INSERT INTO n VALUES (1)');
SELECT * FROM found('CREATE TYPE pair AS (a int); ALTER TYPE pair ADD ATTRIBUTE b int');
SELECT * FROM found('SET DateStyle = ''ISO, DMY''; CREATE TABLE d (x date DEFAULT ''31/12/2024''); CREATE TABLE e (x date DEFAULT ''x'')');
SELECT * FROM found('ALTER TABLE ONLY parent ALTER n SET NOT NULL');
SELECT * FROM found('INSERT INTO ident (id, n) OVERRIDING USER VALUE VALUES (1, 1)');
SELECT * FROM found('CREATE TABLE u (i int PRIMARY KEY); CREATE UNLOGGED TABLE x (i int REFERENCES u); ALTER TABLE u SET UNLOGGED');
SELECT * FROM found('CREATE AGGREGATE ag(int) (sfunc = int4larger, stype = int); DROP AGGREGATE ag(int)');
CREATE TABLE forced (id int); INSERT INTO forced VALUES (9); CREATE TABLE kept (id int PRIMARY KEY);
ALTER TABLE forced ENABLE ROW LEVEL SECURITY; ALTER TABLE forced FORCE ROW LEVEL SECURITY; ALTER TABLE forced OWNER TO mq_app; ALTER TABLE kept OWNER TO mq_app;
SELECT * FROM found('ALTER TABLE mq.forced ADD FOREIGN KEY (id) REFERENCES mq.kept', 'mq_app');
-- And that fail.
SELECT * FROM found('ALTER TABLE item ADD f boolean, ADD g int; INSERT INTO item (id, f, g) VALUES (1, true, 2), (1, ''t'', ''2''), (1, NULL, 2.5); INSERT INTO item (id, f) VALUES (2, 1)');
SELECT * FROM found('UPDATE item SET total = 1; UPDATE item SET total = DEFAULT; UPDATE ident SET id = 3;');
SELECT * FROM found('ALTER TABLE gap_ident ALTER id SET GENERATED ALWAYS; INSERT INTO gap_ident (id) VALUES (1000)');
CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE moods (m mood, n int);
CREATE MATERIALIZED VIEW kept_rows AS SELECT 1 AS n;
SELECT * FROM found('REFRESH MATERIALIZED VIEW CONCURRENTLY kept_rows; CREATE UNIQUE INDEX ON kept_rows (n); REFRESH MATERIALIZED VIEW CONCURRENTLY kept_rows;');
SELECT * FROM found('ALTER TYPE mood RENAME TO feeling; SELECT ''ok''::mood; SELECT ''ok''::feeling;');
SELECT * FROM found('DROP TYPE mood CASCADE; SELECT m FROM moods; SELECT n FROM moods;');
SELECT * FROM found('CREATE POLICY a ON item FOR INSERT USING (true); CREATE POLICY a ON item FOR SELECT WITH CHECK (true); CREATE POLICY a ON item FOR UPDATE USING (true) WITH CHECK (true);');
SELECT * FROM found('ALTER VIEW item RENAME TO x; ALTER SEQUENCE item RENAME TO y; ALTER TABLE shown RENAME TO z;');
CREATE TABLE gap (id serial PRIMARY KEY, n int);
INSERT INTO gap VALUES (3, 3);
SELECT * FROM found('INSERT INTO gap (n) VALUES (2); INSERT INTO gap (n) VALUES (2), (2);');
SELECT * FROM found('INSERT INTO gap (n) VALUES (2) ON CONFLICT DO NOTHING; SAVEPOINT a; INSERT INTO gap (n) VALUES (2); ROLLBACK TO a; INSERT INTO gap (n) VALUES (2);');
SELECT * FROM found('SELECT nextval(''gap_id_seq''); INSERT INTO gap (n) VALUES (2);');
SELECT * FROM found('DO ''BEGIN NULL; END''; INSERT INTO gap (n) VALUES (2);');
SET client_min_messages = error;
CREATE TABLE sent (id int);
CREATE PUBLICATION mq_feed FOR TABLE sent;
SELECT * FROM found('DROP PUBLICATION mq_feed; UPDATE sent SET id = 1; CREATE PUBLICATION mq_feed FOR TABLE item; ALTER PUBLICATION mq_feed ADD TABLE sent; UPDATE sent SET id = 1; DROP PUBLICATION mq_feed; ALTER PUBLICATION mq_feed ADD TABLE sent;');
DROP PUBLICATION mq_feed;
DROP SCHEMA mq, mq_own, mq_schema CASCADE;
DROP ROLE mq_app;
DROP ROLE mq_owner;
