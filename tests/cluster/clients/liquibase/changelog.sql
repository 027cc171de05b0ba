--liquibase formatted sql

--changeset flightcheck:ship
CREATE TABLE ship (id serial PRIMARY KEY, name text NOT NULL);

--changeset flightcheck:wait
SELECT gate.pass();
