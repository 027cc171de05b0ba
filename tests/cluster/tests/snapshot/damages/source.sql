-- A small shop, with one of each kind of object that can be damaged.
CREATE ROLE app;
CREATE ROLE other;
CREATE SCHEMA shop AUTHORIZATION app;
CREATE SCHEMA archive AUTHORIZATION app;
CREATE TYPE shop.state AS ENUM ('new', 'paid');

CREATE TABLE shop.customers (
    id serial PRIMARY KEY, email varchar(100) NOT NULL UNIQUE, state varchar(10) DEFAULT 'new' CHECK (state IN ('new', 'old')),
    name text COLLATE "C", born date, made timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL, net numeric(10, 2) CHECK (net >= 0),
    gross numeric GENERATED ALWAYS AS (net * 1.19) STORED, note text, state shop.state DEFAULT 'new',
    CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES shop.customers
);
CREATE INDEX by_customer ON shop.orders (customer);
CREATE UNIQUE INDEX one_new ON shop.orders (note) WHERE state = 'new' AND note IS NOT NULL;
CREATE TRIGGER touch BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.orders USING (customer > 0);
CREATE TABLE shop.lines (order_id bigint REFERENCES shop.orders, line int, note varchar(50), PRIMARY KEY (order_id, line)) PARTITION BY RANGE (order_id);
CREATE TABLE shop.lines_old PARTITION OF shop.lines FOR VALUES FROM (MINVALUE) TO (50) PARTITION BY HASH (line);
CREATE TABLE shop.lines_old_0 PARTITION OF shop.lines_old FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.lines_old_1 PARTITION OF shop.lines_old FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE shop.lines_new PARTITION OF shop.lines FOR VALUES FROM (50) TO (MAXVALUE);
CREATE INDEX by_note ON shop.lines (note);
CREATE TRIGGER touch BEFORE UPDATE ON shop.lines FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TABLE shop.notes (id int PRIMARY KEY, said text, said_at date DEFAULT '2026-01-01' NOT NULL);
CREATE TABLE shop.events (id bigserial PRIMARY KEY, what text);
CREATE TABLE shop.event_notes (event bigint REFERENCES shop.events, note text);
CREATE TABLE shop.rooms (id int PRIMARY KEY, during int4range, CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&));
CREATE TABLE shop.base (id int PRIMARY KEY, what text);
CREATE TABLE shop.derived (more int) INHERITS (shop.base);
CREATE TABLE shop.tickets (number bigint PRIMARY KEY, seat text);
CREATE TABLE shop.empty (id int PRIMARY KEY);
CREATE SEQUENCE shop.numbers;
CREATE SEQUENCE shop.ticket_numbers;
ALTER TABLE shop.tickets ALTER number SET DEFAULT nextval('shop.ticket_numbers');
CREATE SEQUENCE shop.countdown INCREMENT -1;
CREATE SEQUENCE shop.at_end MAXVALUE 5;
CREATE TABLE archive.old (id int, what text);
CREATE TABLE archive.older (id serial PRIMARY KEY);
CREATE TABLE archive."T.1" ("a.b" int CONSTRAINT "pk" PRIMARY KEY, "C" text);
CREATE VIEW shop.open AS SELECT id, state FROM shop.orders;
CREATE MATERIALIZED VIEW shop.sums AS SELECT customer, count(*) AS orders FROM shop.orders GROUP BY customer;
CREATE INDEX by_orders ON shop.sums (orders);

INSERT INTO shop.customers (email, name, born) SELECT 'c' || i, 'name ' || i, date '1980-01-01' + i FROM generate_series(1, 100) i;
INSERT INTO shop.orders (customer, net, note) SELECT i, i, 'note ' || i FROM generate_series(1, 100) i;
INSERT INTO shop.lines SELECT o, l, 'note ' || o FROM generate_series(1, 100) o, generate_series(1, 3) l;
INSERT INTO shop.notes SELECT i, 'said ' || i FROM generate_series(1, 1000) i;
INSERT INTO shop.events (what) SELECT 'event' FROM generate_series(1, 100) i;
INSERT INTO shop.event_notes SELECT i, 'note' FROM generate_series(1, 100) i;
INSERT INTO shop.rooms SELECT i, int4range(i, i + 1) FROM generate_series(1, 10) i;
INSERT INTO shop.base SELECT i, 'base' FROM generate_series(1, 10) i;
INSERT INTO shop.derived SELECT i, 'derived', i FROM generate_series(11, 20) i;
INSERT INTO shop.tickets (seat) SELECT 'seat ' || i FROM generate_series(1, 10) i;
INSERT INTO archive.old SELECT i, 'old' FROM generate_series(1, 10) i;
INSERT INTO archive.older SELECT FROM generate_series(1, 10) i;
INSERT INTO archive."T.1" SELECT i, 'c' FROM generate_series(1, 10) i;
REFRESH MATERIALIZED VIEW shop.sums;
SELECT nextval('shop.numbers') FROM generate_series(1, 10);
SELECT nextval('shop.countdown') FROM generate_series(1, 10);
SELECT setval('shop.at_end', 5);
DO $$
DECLARE
    one regclass;
BEGIN
    FOR one IN SELECT oid FROM pg_class WHERE relnamespace IN ('shop'::regnamespace, 'archive'::regnamespace)
        AND (relkind IN ('r', 'p', 'v', 'm') OR relkind = 'S' AND relname IN ('numbers', 'ticket_numbers', 'countdown', 'at_end')) LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO app', one);
    END LOOP;
END $$;
ANALYZE;
