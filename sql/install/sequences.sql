COMMENT ON FUNCTION @extschema@.seq_audit(text) IS
'A verdict on every column fed by a sequence, and on every sequence that no column is known to draw from, worst first: will the sequence hand out an id that is already taken? NULL: all schemas but the system''s. Takes AccessShareLock on one sequence, then on one table and one of its indexes, and gives it back before the next. Needs SELECT, USAGE or UPDATE on the sequence, USAGE on the schema and SELECT on the column, else the row says "unknown".';
COMMENT ON FUNCTION @extschema@.seq_resync(text, boolean, bigint, boolean) IS
'Moves every sequence that feeds a table of the schema past the ids that are there; never backwards, and without blocking anybody. dry_run only says what it would do; margin keeps that many ids free; fence waits for the writers in progress and looks again. Needs UPDATE on the sequence, USAGE on the schema and SELECT on the columns, else the row says "skipped".';
COMMENT ON FUNCTION @extschema@.seq_resync_table(regclass, boolean, bigint, boolean) IS
'Moves the sequences that feed one table past the ids that are there, as seq_resync does.';
COMMENT ON FUNCTION @extschema@.seq_assert(text, bigint, boolean) IS
'Returns how many sequences were judged; raises 55000 if one is exhausted or behind, or if none could be judged. strict: if any could not.';
