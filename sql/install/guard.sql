COMMENT ON FUNCTION @extschema@.seq_guard_enable(text, regclass[]) IS
'Arms every table of the schema (NULL: of all) whose column draws from a sequence, except those in exclude; repeatable.';
COMMENT ON PROCEDURE @extschema@.seq_guard_enable_all(text, regclass[]) IS
'Does what seq_guard_enable() does, for any number of tables, in short transactions; not in a transaction block.';
COMMENT ON FUNCTION @extschema@.seq_guard_disable(text) IS
'Takes the guard off every table of the schema (NULL: of all); repeatable.';
COMMENT ON PROCEDURE @extschema@.seq_guard_disable_all(text) IS
'Does what seq_guard_disable() does, for any number of tables, in short transactions; not in a transaction block.';
COMMENT ON FUNCTION @extschema@.seq_guard_status() IS
'One row for each column that draws from a sequence: armed, disarmed or not guardable, and why; before them, rows without a table for what holds for all. Takes AccessShareLock on one table at a time.';

CREATE FUNCTION @extschema@.seq_guard_note() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'seq_guard_note_call';
COMMENT ON FUNCTION @extschema@.seq_guard_note() IS
'The guard''s trigger on a table, made by seq_guard_enable(): AFTER INSERT OR UPDATE, FOR EACH STATEMENT. Notes a table that got rows, or whose fed column was set; it is judged at commit. Needs no privilege.';

-- It pins the search_path itself, once it has seen whether the session's is that of a restore.
CREATE FUNCTION @extschema@.seq_guard_on_ddl() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'seq_guard_on_ddl_call';
COMMENT ON FUNCTION @extschema@.seq_guard_on_ddl() IS
'The guard''s event trigger for ddl_command_end, made by seq_guard_enable(): arms tables as they are made or altered and disarms those that nothing feeds any more. What goes wrong there is a warning, never an error.';
