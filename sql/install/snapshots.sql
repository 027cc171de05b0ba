COMMENT ON FUNCTION @extschema@.db_snapshot(text, boolean, boolean) IS
'What is in this database, as jsonb to be kept and compared: which cluster and database it is; tables with their columns, keys, owners, constraints, indexes, triggers and rows (exact: counted under the statement''s snapshot; else estimated; checksum: of all rows, whatever their order); sequences with their next value; extensions. Takes AccessShareLock on one table at a time.';
COMMENT ON FUNCTION @extschema@.db_compare(jsonb, jsonb) IS
'What differs between two snapshots of db_snapshot, or one and this database now, worst first: another database, missing and extra tables, columns, constraints and indexes, fewer rows, sequences that went back, owners, checksums. No rows if nothing does.';
COMMENT ON FUNCTION @extschema@.db_assert(jsonb) IS
'Raises an error unless this is the database that expected (a snapshot, or its identity alone) was taken of and all its tables are there; returns how many these are. Reads the catalogs alone: for the start of an application.';
