-- Sequences from which functions draw, in defaults and BEFORE INSERT triggers.
CREATE SCHEMA drawn;
SET search_path = drawn, public;

-- A default's function in SQL, in PL/pgSQL with a variable, and with BEGIN ATOMIC.
CREATE TABLE inv (id bigserial PRIMARY KEY, x text);
CREATE FUNCTION inv_next() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('inv_id_seq') -- nextval('other')
$$;
ALTER TABLE inv ALTER id SET DEFAULT inv_next();
INSERT INTO inv SELECT generate_series(1, 50);
CREATE SEQUENCE pay_numbers;
CREATE FUNCTION pay_next() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  /* nextval('pay_other') was here */
  SELECT nextval('drawn.pay_numbers'::regclass) INTO n;
  RETURN n;
END $$;
CREATE TABLE pay (id integer DEFAULT pay_next() PRIMARY KEY, x text);
INSERT INTO pay VALUES (3);
CREATE SEQUENCE ship_numbers;
CREATE FUNCTION ship_next() RETURNS bigint BEGIN ATOMIC SELECT nextval('ship_numbers'); END;
CREATE DOMAIN ship_id AS bigint DEFAULT drawn.ship_next();
CREATE TABLE ship (id ship_id PRIMARY KEY, x text);
INSERT INTO ship VALUES (1), (2);
-- An expression, another function in between, a name that is not a constant, a function that does
-- not draw, one that cannot be read.
CREATE SEQUENCE shard_numbers;
CREATE FUNCTION shard_next() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('shard_numbers') * 100 + 7 $$;
CREATE TABLE shard (id bigint DEFAULT shard_next() PRIMARY KEY);
INSERT INTO shard VALUES (107);
CREATE FUNCTION pay_again() RETURNS integer LANGUAGE sql AS $$ SELECT pay_next() $$;
CREATE TABLE refund (id integer DEFAULT pay_again() PRIMARY KEY);
CREATE FUNCTION next_of(name text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN nextval(name || '_numbers'); END $$;
CREATE TABLE parcel (id bigint DEFAULT next_of('ship') PRIMARY KEY);
CREATE FUNCTION answer() RETURNS bigint LANGUAGE sql AS $$ SELECT 42::bigint + length('nextval(1)') $$;
CREATE TABLE asked (id bigint DEFAULT answer() PRIMARY KEY);
CREATE SEQUENCE asked_numbers OWNED BY asked.id;

SELECT status, table_name, sequence_name, next_value AS next, max_id, inserts_left AS left, kind, detail FROM seq_audit('drawn');
SELECT seq_assert('drawn');
SELECT outcome, sequence_name, table_name, old_next, new_next, detail FROM seq_resync('drawn');
INSERT INTO inv (x) VALUES ('a') RETURNING id;
INSERT INTO pay (x) VALUES ('a') RETURNING id;
INSERT INTO ship (x) VALUES ('a') RETURNING id;
SELECT seq_assert('drawn');
DROP TABLE inv, pay, ship, shard, refund, parcel, asked CASCADE;

-- Triggers as after a migration from Oracle.
CREATE TABLE ord (id bigint PRIMARY KEY, x text);
CREATE SEQUENCE ord_seq OWNED BY ord.id;
CREATE FUNCTION ordt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := coalesce(NEW.id, nextval('ord_seq')); RETURN NEW; END $$;
CREATE TRIGGER ordt BEFORE INSERT ON ord FOR EACH ROW EXECUTE FUNCTION ordt();
INSERT INTO ord SELECT generate_series(1, 50);
CREATE SEQUENCE "Bill Numbers";
CREATE TABLE bill (id bigint PRIMARY KEY, number integer UNIQUE, x text);
CREATE FUNCTION billt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.number IS NULL THEN
    SELECT nextval('drawn."Bill Numbers"') INTO STRICT NEW.number;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billt BEFORE INSERT OR UPDATE ON bill FOR EACH ROW EXECUTE FUNCTION billt();
INSERT INTO bill SELECT g, g + 2 FROM generate_series(1, 3) g;
-- one function for several tables: by the trigger's argument, and by the sequences that columns own
CREATE FUNCTION any_id() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id = nextval(TG_ARGV[0]); RETURN NEW; END $$;
CREATE SEQUENCE red_numbers; CREATE TABLE red (id bigint PRIMARY KEY, x text);
CREATE TRIGGER fill BEFORE INSERT ON red FOR EACH ROW EXECUTE FUNCTION any_id('drawn.red_numbers');
CREATE SEQUENCE blue_numbers; CREATE TABLE blue (id bigint PRIMARY KEY, x text);
CREATE TRIGGER fill BEFORE INSERT ON blue FOR EACH ROW EXECUTE FUNCTION any_id('drawn.blue_numbers');
ALTER TABLE blue DISABLE TRIGGER USER; INSERT INTO blue VALUES (1); ALTER TABLE blue ENABLE TRIGGER USER;
CREATE FUNCTION by_table() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'cat' THEN NEW.id := nextval('cat_numbers'); ELSE NEW.id := nextval('dog_numbers'); END IF;
  RETURN NEW;
END $$;
CREATE TABLE cat (id bigint PRIMARY KEY, x text); CREATE SEQUENCE cat_numbers OWNED BY cat.id;
CREATE TRIGGER fill BEFORE INSERT ON cat FOR EACH ROW EXECUTE FUNCTION by_table();
CREATE TABLE dog (id bigint PRIMARY KEY, x text); CREATE SEQUENCE dog_numbers;
CREATE TRIGGER fill BEFORE INSERT ON dog FOR EACH ROW EXECUTE FUNCTION by_table();
-- no column found: through currval, a computed name, another table's sequence
CREATE SEQUENCE gate_numbers; CREATE TABLE gate (gate_no integer PRIMARY KEY, x text);
CREATE FUNCTION gatet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM nextval('gate_numbers'); NEW.gate_no := currval('gate_numbers'); RETURN NEW; END $$;
CREATE TRIGGER gatet BEFORE INSERT ON gate FOR EACH ROW EXECUTE FUNCTION gatet();
CREATE SEQUENCE lane_numbers; CREATE TABLE lane (id integer PRIMARY KEY, x text);
CREATE FUNCTION lanet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.id := nextval(TG_TABLE_NAME || '_numbers'); RETURN NEW; END $$;
CREATE TRIGGER lanet BEFORE INSERT ON lane FOR EACH ROW EXECUTE FUNCTION lanet();
CREATE TABLE log (id serial PRIMARY KEY, x text); CREATE TABLE plan (id integer PRIMARY KEY, x text);
CREATE FUNCTION plant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO log VALUES (nextval('log_id_seq')); RETURN NEW; END $$;
CREATE TRIGGER plant BEFORE INSERT ON plan FOR EACH ROW EXECUTE FUNCTION plant();
INSERT INTO plan VALUES (9);
-- AFTER triggers and disabled ones set no column
CREATE SEQUENCE late_numbers; CREATE TABLE late (id integer PRIMARY KEY);
CREATE FUNCTION latet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := nextval('late_numbers'); RETURN NEW; END $$;
CREATE TRIGGER latet AFTER INSERT ON late FOR EACH ROW EXECUTE FUNCTION latet();
CREATE TRIGGER off BEFORE INSERT ON late FOR EACH ROW EXECUTE FUNCTION latet();
ALTER TABLE late DISABLE TRIGGER off;

SELECT status, table_name, column_name AS col, sequence_name, next_value AS next, max_id, inserts_left AS left, kind, detail
  FROM seq_audit('drawn');
SELECT seq_assert('drawn');
SELECT outcome, sequence_name, table_name, old_next, new_next FROM seq_resync('drawn') WHERE outcome <> 'unchanged';
INSERT INTO ord (x) VALUES ('a') RETURNING id;
INSERT INTO bill (id, x) VALUES (4, 'a') RETURNING number;
INSERT INTO blue (x) VALUES ('a') RETURNING id;
SELECT seq_assert('drawn');
SELECT severity, check_name, object FROM flightcheck('drawn') WHERE check_name LIKE 'sequence%';

SET client_min_messages = warning;
DROP SCHEMA drawn CASCADE;
