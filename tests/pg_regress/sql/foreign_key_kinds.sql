-- fk_audit and fk_precheck: inheritance, defaults, unique keys of partitioned tables.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA fk;
SET search_path = fk, public;
\pset format unaligned
\pset fieldsep ' | '

-- Rows of inheriting tables do not count on either side.
CREATE TABLE places (id int PRIMARY KEY);
CREATE TABLE cities () INHERITS (places);
CREATE TABLE visits (place int REFERENCES places);
CREATE TABLE long_visits () INHERITS (visits);
INSERT INTO cities VALUES (1);
INSERT INTO long_visits VALUES (99);
SET session_replication_role = replica;
INSERT INTO visits VALUES (1);
RESET session_replication_role;
SELECT status, orphans, detail FROM fk_audit('fk');
SELECT status, orphans, detail FROM fk_precheck('visits', '{place}', 'places');
DROP TABLE places, visits CASCADE;

-- Defaults that have no matching row either.
CREATE TABLE states (id bigint PRIMARY KEY, name text);
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE moods (id mood PRIMARY KEY);
CREATE TABLE pairs (a int, b varchar(10), PRIMARY KEY (a, b));
INSERT INTO states VALUES (1, 'new');
INSERT INTO moods VALUES ('good');
INSERT INTO pairs VALUES (1, 'x');
CREATE FUNCTION drawn() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 7';
CREATE TABLE t (
    is_there bigint DEFAULT 1 REFERENCES states,
    is_null bigint DEFAULT NULL REFERENCES states,
    is_drawn int DEFAULT drawn() REFERENCES states,
    is_orphaned bigint DEFAULT 0 REFERENCES states,
    is_set bigint DEFAULT -1 REFERENCES states ON DELETE SET DEFAULT,
    is_bad mood DEFAULT 'bad' REFERENCES moods,
    a int DEFAULT 1, b varchar(10) DEFAULT 'y', c varchar(10) DEFAULT 'x', d varchar(10),
    CONSTRAINT pair_is_orphaned FOREIGN KEY (a, b) REFERENCES pairs ON UPDATE SET DEFAULT,
    CONSTRAINT pair_is_there FOREIGN KEY (a, c) REFERENCES pairs,
    CONSTRAINT pair_is_null FOREIGN KEY (a, d) REFERENCES pairs
);
SELECT status, constraint_name, detail FROM fk_audit('fk');
SELECT severity, check_name, object, detail, fix FROM flightcheck('fk', deep => true) WHERE check_name LIKE 'foreign_key%';
-- The reports are right.
INSERT INTO t (is_bad, a, is_drawn, is_set) VALUES (NULL, NULL, NULL, NULL);
INSERT INTO t VALUES (NULL, NULL, NULL, NULL, 1, 'good', NULL);
DELETE FROM states WHERE id = 1;
TRUNCATE t;
ALTER TABLE states ADD old bigint DEFAULT 7;
SELECT detail FROM fk_precheck('states', '{old}', 'states');
DROP TABLE t;

-- The columns that a partitioned parent's unique key must include.
CREATE TABLE events (id int NOT NULL, region int NOT NULL, "At" date NOT NULL, PRIMARY KEY (id, region, "At")) PARTITION BY LIST (region);
CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1) PARTITION BY RANGE ("At");
CREATE TABLE events_2 PARTITION OF events FOR VALUES IN (2);
CREATE TABLE notes (event int, region int, at date);
SELECT status, detail, ddl FROM fk_precheck('notes', '{event}', 'events', '{id}');
ALTER TABLE notes ADD FOREIGN KEY (event) REFERENCES events (id);
-- The message differs between versions.
\set VERBOSITY sqlstate
ALTER TABLE events ADD UNIQUE (id);
\set VERBOSITY terse
DROP TABLE events_1;
SELECT detail FROM fk_precheck('notes', '{event}', 'events', '{id}');
SELECT detail FROM fk_precheck('notes', '{event,region}', 'events', '{id,region}');
SELECT (regexp_match(detail, 'CREATE UNIQUE INDEX .*?\)'))[1] FROM fk_precheck('notes', '{event,region}', 'events', '{id,region}') \gexec
SELECT status FROM fk_precheck('notes', '{event,region}', 'events', '{id,region}');
CREATE TABLE odd (id int NOT NULL) PARTITION BY LIST ((id % 2));
SELECT detail FROM fk_precheck('notes', '{event}', 'odd', '{id}');
ALTER TABLE odd ADD UNIQUE (id);

-- Relations that a foreign key cannot refer to.
CREATE MATERIALIZED VIEW seen AS SELECT 1 AS id;
CREATE UNLOGGED TABLE drafts (id int PRIMARY KEY);
SELECT detail FROM fk_precheck('notes', 'event', 'seen', 'id');
SELECT detail FROM fk_precheck('notes', 'event', 'drafts');

RESET search_path;
DROP SCHEMA fk CASCADE;
