-- The tables of locks.rs: keys in both directions, partitions with a default partition and partitions below, inheriting
-- tables, views upon views, and every kind of object that a statement may reach through a table.
CREATE ROLE lk_owner;
CREATE ROLE lk_reader;
CREATE SCHEMA other;
CREATE TYPE mood AS ENUM ('calm', 'cross');
CREATE TYPE pair AS (a int, b int);
CREATE DOMAIN grade AS int CHECK (VALUE < 100);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2';
CREATE FUNCTION spare(int) RETURNS int LANGUAGE sql AS 'SELECT $1';

CREATE TABLE region (id int PRIMARY KEY, name text NOT NULL, CONSTRAINT region_name UNIQUE (name));
CREATE TABLE depot (
    id int PRIMARY KEY,
    region_id int CONSTRAINT depot_region REFERENCES region,
    name text,
    code varchar(8),
    weight numeric(6, 2) CONSTRAINT depot_weight CHECK (weight > 0),
    at timestamp DEFAULT now(),
    feeling mood,
    level grade,
    both_of pair
);
CREATE UNIQUE INDEX depot_code ON depot (code);
CREATE INDEX depot_name ON depot (name);
CREATE INDEX depot_twice ON depot (twice(id));
CREATE UNIQUE INDEX depot_spare ON depot (id, weight);
CREATE TABLE parcel (
    id serial PRIMARY KEY,
    depot_id int NOT NULL CONSTRAINT parcel_depot REFERENCES depot ON DELETE CASCADE,
    old_depot_id int,
    number int GENERATED ALWAYS AS IDENTITY,
    note text,
    doubled int GENERATED ALWAYS AS (depot_id * 2) STORED
);
ALTER TABLE parcel ADD CONSTRAINT parcel_old FOREIGN KEY (old_depot_id) REFERENCES depot NOT VALID;
ALTER TABLE parcel ADD CONSTRAINT parcel_number CHECK (number > 0) NOT VALID;
ALTER TABLE parcel CLUSTER ON parcel_pkey;
CREATE TABLE stop (id int PRIMARY KEY, parcel_id int REFERENCES parcel DEFERRABLE INITIALLY DEFERRED, note text);
CREATE TABLE other_depot (id int PRIMARY KEY);
CREATE TABLE other_parcel (depot_id int REFERENCES other_depot ON UPDATE CASCADE);
CREATE TABLE employee (id int PRIMARY KEY, boss_id int REFERENCES employee);
CREATE TABLE plain (a int, b int, c text);
CREATE UNLOGGED TABLE fast (id int PRIMARY KEY, note text);
CREATE TABLE typed OF pair;
CREATE TABLE pairs (a int, b int);

CREATE VIEW heavy AS SELECT id, name, weight FROM depot WHERE weight > 2;
CREATE VIEW heaviest AS SELECT id, name FROM heavy WHERE weight > 20;
CREATE MATERIALIZED VIEW totals AS SELECT depot_id, count(*) AS parcels FROM parcel GROUP BY depot_id;
CREATE UNIQUE INDEX totals_depot ON totals (depot_id);
CREATE SEQUENCE ticket;
CREATE TRIGGER keep BEFORE UPDATE ON depot FOR EACH ROW EXECUTE FUNCTION keep();
CREATE POLICY own ON depot USING (id > 0);
CREATE RULE quiet AS ON INSERT TO fast DO ALSO NOTHING;
CREATE TABLE loggings (id int);
CREATE TABLE secured (id int);
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
ALTER TABLE secured FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON secured USING (EXISTS (SELECT FROM loggings l WHERE l.id = secured.id));
CREATE TABLE logged (id int);
CREATE RULE log AS ON INSERT TO logged DO ALSO INSERT INTO loggings VALUES (NEW.id);
CREATE STATISTICS depot_stats ON region_id, name FROM depot;
CREATE PUBLICATION news FOR TABLE region;

CREATE TABLE part (a int NOT NULL, b int, c text) PARTITION BY LIST (a);
CREATE TABLE part1 PARTITION OF part FOR VALUES IN (1);
CREATE TABLE part2 PARTITION OF part FOR VALUES IN (2) PARTITION BY RANGE (b);
CREATE TABLE part2low PARTITION OF part2 FOR VALUES FROM (0) TO (10);
CREATE TABLE partrest PARTITION OF part DEFAULT;
CREATE INDEX part_b ON part (b);
CREATE TABLE loose (a int NOT NULL, b int, c text);
CREATE TABLE fitting (a int NOT NULL CHECK (a = 8), b int, c text);
CREATE TABLE keyed (id int, at int, region_id int CONSTRAINT keyed_region REFERENCES region, PRIMARY KEY (id, at))
    PARTITION BY RANGE (at);
CREATE TABLE keyed1 PARTITION OF keyed FOR VALUES FROM (0) TO (10);
CREATE TABLE keyed2 PARTITION OF keyed FOR VALUES FROM (10) TO (20);
CREATE TABLE keyedloose (id int NOT NULL, at int NOT NULL, region_id int);
CREATE TABLE refers (id int PRIMARY KEY, keyed_id int, keyed_at int,
    CONSTRAINT refers_keyed FOREIGN KEY (keyed_id, keyed_at) REFERENCES keyed);
CREATE TABLE hashed (a int) PARTITION BY HASH (a);
CREATE TABLE hashed0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);

CREATE TABLE ancestor (a int, b int CONSTRAINT ancestor_b CHECK (b > 0));
CREATE TABLE heir () INHERITS (ancestor);
CREATE TABLE grandheir () INHERITS (heir);
CREATE TABLE orphan (a int, b int CONSTRAINT ancestor_b CHECK (b > 0));

INSERT INTO region VALUES (1, 'north'), (2, 'south');
INSERT INTO depot SELECT g, g % 2 + 1, 'd' || g, 'c' || g, g, now(), 'calm'::mood, g, row(g, g)::pair FROM generate_series(1, 21) g;
INSERT INTO parcel (depot_id, old_depot_id, note) SELECT g % 20 + 1, g % 20 + 1, 'n' FROM generate_series(1, 40) g;
INSERT INTO stop SELECT g, g, 's' FROM generate_series(1, 10) g;
INSERT INTO other_depot VALUES (1);
INSERT INTO employee VALUES (1, NULL), (2, 1);
INSERT INTO plain SELECT g, g, 'p' FROM generate_series(1, 10) g;
INSERT INTO typed VALUES (1, 1);
INSERT INTO part SELECT g % 4 + 1, g % 10, 'p' FROM generate_series(0, 39) g WHERE g % 4 <> 1 OR g % 10 < 10;
INSERT INTO loose VALUES (7, 1, 'l');
INSERT INTO fitting VALUES (8, 1, 'f');
INSERT INTO keyed SELECT g, g, 1 FROM generate_series(1, 19) g;
INSERT INTO refers VALUES (1, 1, 1), (2, 2, 2);
INSERT INTO hashed SELECT g FROM generate_series(1, 50) g WHERE satisfies_hash_partition('hashed'::regclass, 2, 0, g);
INSERT INTO ancestor VALUES (1, 1);
INSERT INTO heir VALUES (2, 2);
INSERT INTO grandheir VALUES (3, 3);
REFRESH MATERIALIZED VIEW totals;
ANALYZE;
