-- The database is to tell by itself from now on.
CREATE EXTENSION pg_flightcheck;
SELECT state, table_name, sequence_name FROM seq_guard_enable();
