COMMENT ON FUNCTION @extschema@.db_snapshot(text, boolean, boolean) IS
'Returns the contents of this database as jsonb, to be kept and compared. exact counts the rows; checksum reads all of them.';
COMMENT ON FUNCTION @extschema@.db_compare(jsonb, jsonb) IS
'Lists the differences between two snapshots of db_snapshot(). If target is NULL, source is compared with this database now.';
COMMENT ON FUNCTION @extschema@.db_assert(jsonb) IS
'Raises an error unless this is the expected database and has all expected tables; returns their number. expected is a snapshot or only its identity.';
