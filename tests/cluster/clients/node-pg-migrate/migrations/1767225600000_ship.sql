-- Up Migration
CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL);
SELECT gate.pass();

-- Down Migration
DROP TABLE ship;
