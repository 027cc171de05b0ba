COMMENT ON FUNCTION @extschema@.seq_audit(text) IS
'Reports for each sequence, and each column that it feeds, whether it will generate an id that is already used.';
COMMENT ON FUNCTION @extschema@.seq_resync(text, boolean, bigint, boolean) IS
'Advances the sequences that feed the tables of the schema (NULL: of all) past the ids in use, never backwards. fence waits for writers in progress and then reads the ids again.';
COMMENT ON FUNCTION @extschema@.seq_resync_table(regclass, boolean, bigint, boolean) IS
'Advances the sequences that feed one table past the ids in use, as seq_resync() does.';
COMMENT ON FUNCTION @extschema@.seq_assert(text, bigint, boolean) IS
'Returns how many sequences were judged, or raises 55000 if one is behind or exhausted. strict raises an error also if any could not be judged.';
