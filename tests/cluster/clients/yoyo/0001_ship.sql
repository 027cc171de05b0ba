CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL);
SELECT gate.pass();
