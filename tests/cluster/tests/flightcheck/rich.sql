-- A shop as it might look after years of migrations: every kind of object, and no problem.
CREATE SCHEMA shop;
CREATE SCHEMA "Report ""x""";
CREATE TYPE shop.state AS ENUM ('new', 'paid', 'sent');
CREATE TYPE shop.address AS (street text, town text);
CREATE TYPE shop.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
CREATE DOMAIN shop.email AS text CHECK (VALUE LIKE '%@%');
CREATE SEQUENCE shop.invoice_numbers START 1000;
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changed := now(); RETURN NEW; END';
CREATE FUNCTION shop.gross(net numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT net * 1.19';
CREATE PROCEDURE shop.nothing(a int) LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE shop.total(numeric) (SFUNC = numeric_add, STYPE = numeric);
CREATE OPERATOR shop.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE COLLATION shop.bytes FROM "C";
CREATE COLLATION shop.german ({collation});
CREATE TEXT SEARCH DICTIONARY shop.plain (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION shop.search (COPY = simple);

CREATE TABLE shop.customers (
    id serial PRIMARY KEY, email shop.email UNIQUE, name text COLLATE shop.german, home shop.address,
    referred_by int REFERENCES shop.customers, changed timestamptz
);
CREATE TABLE shop.orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int NOT NULL REFERENCES shop.customers ON DELETE CASCADE,
    state shop.state NOT NULL DEFAULT 'new', net numeric CHECK (net >= 0), gross numeric GENERATED ALWAYS AS (shop.gross(net)) STORED,
    changed timestamptz, span shop.span
);
CREATE TABLE shop.lines (
    order_id bigint, line int, note text, PRIMARY KEY (order_id, line), FOREIGN KEY (order_id) REFERENCES shop.orders DEFERRABLE INITIALLY DEFERRED
) PARTITION BY RANGE (order_id);
CREATE TABLE shop.lines_old PARTITION OF shop.lines FOR VALUES FROM (MINVALUE) TO (1000) PARTITION BY HASH (line);
CREATE TABLE shop.lines_old_0 PARTITION OF shop.lines_old FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.lines_old_1 PARTITION OF shop.lines_old FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE shop.lines_new PARTITION OF shop.lines FOR VALUES FROM (1000) TO (MAXVALUE);
CREATE TABLE shop.events (id bigserial, at timestamptz NOT NULL, what text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE shop.events_2025 PARTITION OF shop.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE shop.events_rest PARTITION OF shop.events DEFAULT;
CREATE TABLE shop.refers (id int PRIMARY KEY, order_id bigint, line int, FOREIGN KEY (order_id, line) REFERENCES shop.lines MATCH FULL);
CREATE TABLE shop."_CustomerToTag" ("A" int NOT NULL REFERENCES shop.customers, "B" int NOT NULL);
CREATE UNIQUE INDEX "_CustomerToTag_AB" ON shop."_CustomerToTag" ("A", "B");
CREATE TABLE shop.base (id int PRIMARY KEY, what text);
CREATE TABLE shop.derived (more int, PRIMARY KEY (id)) INHERITS (shop.base);
CREATE TABLE shop.rooms (id int PRIMARY KEY, during int4range, EXCLUDE USING gist (during WITH &&));
CREATE UNLOGGED TABLE shop.cache (key text PRIMARY KEY, value jsonb);
CREATE TABLE shop.invoices (number bigint DEFAULT nextval('shop.invoice_numbers') PRIMARY KEY, text text);
ALTER TABLE shop.invoices ALTER text SET STORAGE EXTERNAL;
CREATE TABLE shop.nothing_yet (id serial PRIMARY KEY);
-- The application fetches the ids of the first table, and a trigger those of the second.
CREATE SEQUENCE shop.tickets_id_seq;
CREATE TABLE shop.tickets (id int PRIMARY KEY, note text);
CREATE SEQUENCE shop.stamps_id_seq AS bigint;
CREATE TABLE shop.stamps (id bigint PRIMARY KEY, note text);
CREATE FUNCTION shop.number() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id := nextval(TG_TABLE_SCHEMA || ''.'' || TG_TABLE_NAME || ''_id_seq''); RETURN NEW; END';
CREATE TRIGGER number BEFORE INSERT ON shop.stamps FOR EACH ROW EXECUTE FUNCTION shop.number();

INSERT INTO shop.customers (email, name) SELECT 'c' || i || '@example.org', 'customer ' || i FROM generate_series(1, 2000) i;
UPDATE shop.customers SET referred_by = id - 1 WHERE id > 1000;
INSERT INTO shop.orders (customer, net) SELECT i, i FROM generate_series(1, 2000) i;
INSERT INTO shop.lines SELECT o, l, repeat('x', 20) FROM generate_series(1, 2000) o, generate_series(1, 3) l;
INSERT INTO shop.events (at, what) SELECT '2025-06-01'::timestamptz + i * interval '1 day', 'event' FROM generate_series(1, 1000) i;
INSERT INTO shop.refers SELECT i, i, 1 FROM generate_series(1, 500) i;
INSERT INTO shop.refers VALUES (501, NULL, NULL);
INSERT INTO shop."_CustomerToTag" SELECT i, i FROM generate_series(1, 1000) i;
INSERT INTO shop.tickets SELECT nextval('shop.tickets_id_seq') FROM generate_series(1, 100) i;
INSERT INTO shop.stamps (note) SELECT 'note' FROM generate_series(1, 100) i;
INSERT INTO shop.base SELECT i, 'base' FROM generate_series(1, 1000) i;
INSERT INTO shop.derived SELECT i, 'derived', i FROM generate_series(1001, 2000) i;
INSERT INTO shop.rooms SELECT i, int4range(i, i + 1) FROM generate_series(1, 1000) i;
INSERT INTO shop.cache SELECT i, to_jsonb(i) FROM generate_series(1, 1000) i;
INSERT INTO shop.invoices (text) SELECT repeat('x', 3000) FROM generate_series(1, 100) i;

SET CONSTRAINTS ALL IMMEDIATE;

CREATE VIEW shop.paid AS SELECT * FROM shop.orders WHERE state = 'paid';
CREATE MATERIALIZED VIEW "Report ""x""".sums AS SELECT customer, sum(net) FROM shop.orders GROUP BY customer;
CREATE UNIQUE INDEX ON "Report ""x""".sums (customer);
CREATE TABLE "Report ""x"""."Straße" ("sélect" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "Order" int);
CREATE VIEW "Report ""x""".all AS SELECT * FROM shop.orders;
CREATE INDEX ON shop.orders (customer);
CREATE INDEX ON shop.orders ((net * 2)) WHERE net > 10;
CREATE INDEX ON shop.customers (name);
CREATE INDEX ON shop.lines (note);
CREATE INDEX ON ONLY shop.events (what);
CREATE INDEX events_2025_what ON shop.events_2025 (what); ALTER INDEX shop.events_what_idx ATTACH PARTITION shop.events_2025_what;
CREATE INDEX events_rest_what ON shop.events_rest (what); ALTER INDEX shop.events_what_idx ATTACH PARTITION shop.events_rest_what;
CREATE STATISTICS shop.more ON customer, state FROM shop.orders;
CREATE TRIGGER touch BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
CREATE TRIGGER always BEFORE UPDATE ON shop.customers FOR EACH ROW EXECUTE FUNCTION shop.touch();
ALTER TABLE shop.customers ENABLE ALWAYS TRIGGER always;
CREATE TRIGGER said AFTER INSERT ON shop.lines FOR EACH STATEMENT EXECUTE FUNCTION shop.touch();
CREATE RULE silent AS ON INSERT TO shop.paid DO INSTEAD NOTHING;
ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.orders USING (customer > 0);
ALTER TABLE shop.rooms REPLICA IDENTITY FULL;
ALTER TABLE shop.orders CLUSTER ON orders_pkey;
-- Roles that may insert may use the sequence: directly, through PUBLIC for an identity column, or
-- as a member of both roles.
GRANT USAGE ON SCHEMA shop TO PUBLIC;
GRANT SELECT, INSERT ON shop.customers, shop.events TO clerk;
GRANT USAGE ON SEQUENCE shop.customers_id_seq, shop.events_id_seq TO clerk;
GRANT INSERT ON shop.orders TO PUBLIC;
GRANT INSERT (text) ON shop.invoices TO tills;
GRANT UPDATE ON SEQUENCE shop.invoice_numbers TO numbers;
COMMENT ON TABLE shop.orders IS 'what was ordered';
