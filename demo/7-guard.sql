-- From now on, the database warns by itself.
CREATE EXTENSION pg_flightcheck;
SELECT outcome, table_name, sequence_name FROM seq_guard_enable();
