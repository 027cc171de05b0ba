-- What is restored differently from how it was made, and what pg_dump writes in unusual places.
CREATE SCHEMA app;
-- Columns were dropped, and added to a parent after its child had columns of its own.
CREATE TABLE app.holes (gone int, b int, gone_too int, a int);
ALTER TABLE app.holes DROP gone, DROP gone_too;
CREATE TABLE app.parent (z int, a int);
CREATE TABLE app.child (own_b int, own_a int) INHERITS (app.parent);
ALTER TABLE app.parent ADD later int;
CREATE TABLE app.adopted (own int, a int, z int, later int);
ALTER TABLE app.adopted INHERIT app.parent;
CREATE TABLE app.other_parent (a int, more int);
CREATE TABLE app.both (own int) INHERITS (app.parent, app.other_parent);
-- Partitions with columns in another order, and with indexes and triggers that were changed.
CREATE TABLE app.log (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);
CREATE TABLE app.log_1 PARTITION OF app.log FOR VALUES FROM (1) TO (10);
CREATE TABLE app.log_2 (note text, gone int, id int NOT NULL);
ALTER TABLE app.log_2 DROP gone;
ALTER TABLE app.log ATTACH PARTITION app.log_2 FOR VALUES FROM (10) TO (20);
CREATE INDEX by_note ON app.log (note) WITH (fillfactor = 80);
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch AFTER INSERT ON app.log FOR EACH ROW EXECUTE FUNCTION app.touch();
ALTER TABLE app.log_1 DISABLE TRIGGER touch;
ALTER INDEX app.log_1_note_idx SET (fillfactor = 50);
ALTER INDEX app.log_2_note_idx RESET (fillfactor);
COMMENT ON INDEX app.log_1_note_idx IS 'by note';
COMMENT ON CONSTRAINT log_1_pkey ON app.log_1 IS 'key';
COMMENT ON INDEX app.log_2_pkey IS 'index of the key';
CREATE AGGREGATE app.plain (int) (SFUNC = int4pl, STYPE = int);
CREATE AGGREGATE app.sized (int) (
    SFUNC = int4pl, STYPE = int, SSPACE = 100, MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int, MSSPACE = 50
);
CREATE FUNCTION app.last(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE app.finished (int) (
    SFUNC = int4pl, STYPE = int, FINALFUNC = app.last, FINALFUNC_EXTRA, FINALFUNC_MODIFY = SHAREABLE,
    MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int, MFINALFUNC = app.last, MFINALFUNC_EXTRA, MFINALFUNC_MODIFY = READ_WRITE
);
CREATE AGGREGATE app.ordered (ORDER BY int) (SFUNC = int4pl, STYPE = int);
CREATE AGGREGATE app.hypothetical (VARIADIC "any" ORDER BY VARIADIC "any") (
    SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL
);
CREATE SUBSCRIPTION news CONNECTION 'host=/nowhere' PUBLICATION all_news
    WITH (connect = false, slot_name = 'news', streaming = on, two_phase = on, disable_on_error = on);
ALTER SUBSCRIPTION news ENABLE;
CREATE SUBSCRIPTION plain CONNECTION 'host=/nowhere' PUBLICATION all_news WITH (connect = false, slot_name = NONE);
-- Privileges on objects of the system and of extensions, which have no initial privileges.
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION pg_sleep(float8) FROM PUBLIC;
REVOKE USAGE ON TYPE money FROM PUBLIC;
GRANT SELECT (rolpassword) ON pg_authid TO reader;
GRANT EXECUTE ON FUNCTION pg_read_file(text) TO reader;
REVOKE EXECUTE ON FUNCTION db_assert FROM PUBLIC;
GRANT EXECUTE ON FUNCTION db_assert TO reader;
ALTER DATABASE complete OWNER TO owner;
ALTER DATABASE complete CONNECTION LIMIT 50;
