--! Previous: -
--! Hash: sha1:4aec60bb58d054916e38d05214886261117da126

CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL);
SELECT gate.pass();
