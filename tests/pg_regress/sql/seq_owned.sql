-- Sequences that a column without a default owns, in seq_audit, seq_assert and seq_resync.
CREATE SCHEMA owned;
SET search_path = owned, public;

-- the application draws: behind, behind after some inserts, exhausted, near the column's limit, ok
CREATE TABLE entity (id bigint PRIMARY KEY);
CREATE SEQUENCE entity_ids OWNED BY entity.id;
INSERT INTO entity SELECT generate_series(1, 50);
CREATE TABLE later (id bigint PRIMARY KEY);
CREATE SEQUENCE later_ids OWNED BY later.id;
INSERT INTO later VALUES (3);
CREATE TABLE spent (id smallint PRIMARY KEY);
CREATE SEQUENCE spent_ids OWNED BY spent.id;
SELECT setval('spent_ids', 32767);
CREATE TABLE nearly (id smallint PRIMARY KEY);
CREATE SEQUENCE nearly_ids OWNED BY nearly.id;
SELECT setval('nearly_ids', 32000);
CREATE TABLE fine (id bigint PRIMARY KEY);
CREATE SEQUENCE fine_ids OWNED BY fine.id;
-- unused: the values come from another sequence, a constant, a domain, an expression, an identity
CREATE TABLE other (id serial PRIMARY KEY, number bigint DEFAULT 0, day bigint DEFAULT extract(epoch FROM now()));
CREATE SEQUENCE other_ids OWNED BY other.id;
CREATE SEQUENCE other_numbers OWNED BY other.number;
CREATE SEQUENCE other_days OWNED BY other.day;
CREATE DOMAIN answer AS bigint DEFAULT 42;
CREATE TABLE asked (id answer PRIMARY KEY, twice bigint GENERATED ALWAYS AS IDENTITY);
CREATE SEQUENCE asked_ids OWNED BY asked.id;
CREATE SEQUENCE asked_twice OWNED BY asked.twice;
-- unknown: a function that may do anything, in a default, an operator, and a domain's default
CREATE FUNCTION any_id() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN nextval(concat('opaque', '_ids')); END $$;
CREATE TABLE opaque (id bigint DEFAULT any_id() PRIMARY KEY);
CREATE SEQUENCE opaque_ids OWNED BY opaque.id;
INSERT INTO opaque VALUES (7);
CREATE TABLE empty (id bigint DEFAULT 1 + any_id() PRIMARY KEY);
CREATE SEQUENCE empty_ids OWNED BY empty.id;
CREATE DOMAIN any_number AS bigint DEFAULT owned.any_id();
CREATE TABLE numbered (id any_number PRIMARY KEY);
CREATE SEQUENCE numbered_ids OWNED BY numbered.id;
INSERT INTO numbered VALUES (9);

SELECT status, table_name, column_name AS col, sequence_name, next_value, max_id, inserts_left AS left, kind
  FROM seq_audit('owned') WHERE kind = 'owned';
SELECT status, table_name, column_name AS col, detail FROM seq_audit('owned') WHERE kind = 'owned';
SELECT table_name, fix FROM seq_audit('owned') WHERE kind = 'owned' AND fix IS NOT NULL;
SELECT seq_assert('owned');
SELECT outcome, sequence_name, old_next, new_next, detail FROM seq_resync('owned');
-- The next draws.
INSERT INTO entity VALUES (nextval('entity_ids')) RETURNING id;
INSERT INTO later VALUES (nextval('later_ids')) RETURNING id;
DROP TABLE spent;
SELECT seq_assert('owned');
-- The fix.
SELECT setval('opaque_ids', 7);
INSERT INTO opaque DEFAULT VALUES RETURNING id;
SELECT outcome, detail FROM seq_resync_table('opaque');

-- flightcheck reports 23502 only where no trigger may set the column.
CREATE TABLE bare (id bigint PRIMARY KEY, changed timestamptz);
CREATE SEQUENCE bare_ids OWNED BY bare.id;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE INSERT ON bare FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := any_id(); RETURN NEW; END $$;
CREATE TRIGGER fill BEFORE INSERT ON fine FOR EACH ROW EXECUTE FUNCTION fill();
SELECT severity, object FROM flightcheck('owned') WHERE check_name = 'sequence_default_missing';
ALTER TABLE fine DISABLE TRIGGER fill;
SELECT severity, object FROM flightcheck('owned') WHERE check_name = 'sequence_default_missing';
-- No fix where an application may draw blocks of ids.
CREATE TABLE pooled (id bigint PRIMARY KEY);
CREATE SEQUENCE pooled_ids INCREMENT BY 50 OWNED BY pooled.id;
SELECT detail, fix FROM flightcheck('owned') WHERE check_name = 'sequence_default_missing' AND object = 'column owned.pooled.id';

SET client_min_messages = warning;
DROP SCHEMA owned CASCADE;
