COMMENT ON FUNCTION @extschema@.seq_audit(text) IS
'Reports, for each sequence and each column that it feeds, whether it will generate an id that is already used.';
COMMENT ON FUNCTION @extschema@.seq_resync(text, boolean, bigint, boolean, jsonb) IS
'Advances the sequences that feed the tables of the schema (NULL: all schemas) past the used ids, never backwards. source is a snapshot, whose positions are passed as well.';
COMMENT ON FUNCTION @extschema@.seq_resync_table(regclass, boolean, bigint, boolean, jsonb) IS
'Advances the sequences that feed one table past the used ids, as seq_resync() does.';
COMMENT ON FUNCTION @extschema@.seq_assert(text, bigint, boolean) IS
'Returns the number of judged sequences, or raises 55000 if one is behind or exhausted. strict also raises an error if any could not be judged.';
