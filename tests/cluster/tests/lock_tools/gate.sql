-- A gate at which migrations wait, holding their tool's lock, until a test opens it.
CREATE SCHEMA gate;
CREATE TABLE gate.opened (at timestamptz NOT NULL DEFAULT pg_catalog.now());

CREATE FUNCTION gate.pass() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  WHILE NOT EXISTS (SELECT FROM gate.opened) LOOP
    PERFORM pg_catalog.pg_sleep(0.02);
  END LOOP;
END $$;

-- As an event trigger, it stops tools that generate their own SQL at the first table they create.
CREATE FUNCTION gate.pass_at_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM gate.pass();
END $$;
