COMMENT ON FUNCTION @extschema@.db_snapshot(text, boolean, boolean) IS
'Returns what is in this database as jsonb, to be kept and compared. exact counts the rows; checksum reads all of them.';
COMMENT ON FUNCTION @extschema@.db_compare(jsonb, jsonb) IS
'Lists what differs between two snapshots of db_snapshot(). If target is NULL, source is compared with this database now.';
COMMENT ON FUNCTION @extschema@.db_assert(jsonb) IS
'Raises an error unless this is the expected database and has all expected tables; returns how many these are. expected is a snapshot or its identity only.';
