-- A gate that migrations wait at: they hold their tool's lock until a test opens it.
CREATE SCHEMA gate;
CREATE TABLE gate.opened (at timestamptz NOT NULL DEFAULT pg_catalog.now());

CREATE FUNCTION gate.pass() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WHILE NOT EXISTS (SELECT FROM gate.opened) LOOP
    PERFORM pg_catalog.pg_sleep(0.02);
  END LOOP;
END $$;

-- For tools whose SQL is their own: as an event trigger, it stops them at the first table that they make.
CREATE FUNCTION gate.pass_at_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM gate.pass();
END $$;
