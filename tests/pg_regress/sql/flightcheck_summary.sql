-- One row for each check_name, whether it has findings or not.
SELECT pg_get_function_arguments('flightcheck_summary'::regproc) AS arguments, pg_get_function_result('flightcheck_summary'::regproc) AS result;
SELECT obj_description('flightcheck_summary'::regproc);
SELECT * FROM flightcheck_summary();
-- With complete => true, only what requires reading rows is left out.
SELECT severity, count(*) FROM flightcheck_summary(complete => true) WHERE check_name <> 'collation_version' GROUP BY severity ORDER BY severity;
SELECT check_name, errors, warnings, infos, object, detail FROM flightcheck_summary(true) WHERE severity = 'left_out';
-- Findings are counted by object.
CREATE SCHEMA s;
CREATE TABLE s.a (id serial PRIMARY KEY);
CREATE TABLE s.b (id serial PRIMARY KEY);
INSERT INTO s.a VALUES (1);
INSERT INTO s.b SELECT generate_series(1, 5);
CREATE TABLE s.c (id int PRIMARY KEY, n int);
ALTER TABLE s.c ADD CONSTRAINT positive CHECK (n > 0) NOT VALID;
CREATE FUNCTION s.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER stamp BEFORE INSERT ON s.c FOR EACH ROW EXECUTE FUNCTION s.stamp();
ALTER TABLE s.c ENABLE REPLICA TRIGGER stamp;
SELECT * FROM flightcheck_summary() WHERE severity NOT IN ('ok', 'left_out');
-- A role without privileges is told what is not known.
CREATE ROLE regress_monitoring;
SET ROLE regress_monitoring;
SELECT * FROM flightcheck_summary() WHERE severity NOT IN ('ok', 'left_out');
RESET ROLE;
GRANT pg_monitor, pg_read_all_data TO regress_monitoring;
SET ROLE regress_monitoring;
SELECT severity, check_name, errors, warnings, infos, object FROM flightcheck_summary() WHERE severity NOT IN ('ok', 'left_out');
RESET ROLE;
SELECT * FROM flightcheck_summary(NULL);
DROP ROLE regress_monitoring;
DROP SCHEMA s CASCADE;
