COMMENT ON FUNCTION @extschema@.seq_guard_enable(text) IS
'Has the database tell, at commit, when a transaction leaves ids in a table that the table''s sequence will hand out. Arms every table of the schema whose column draws from a sequence; as a superuser also creates the event trigger that arms new tables. NULL: all schemas but the system''s. Takes ShareRowExclusiveLock on each table that is not armed yet; looks again at a busy one for 100 ms, or queues for it as long as lock_timeout says, and needs its ownership.';
COMMENT ON FUNCTION @extschema@.seq_guard_disable() IS
'Takes the guard off every table and drops its event trigger. Takes AccessExclusiveLock on each armed table, waits as seq_guard_enable() does, and needs its ownership; a superuser for the event trigger.';
COMMENT ON FUNCTION @extschema@.seq_guard_status() IS
'One row for each column that draws from a sequence: armed, disarmed or not guardable, and why; before them, rows without a table for what holds for all. Takes AccessShareLock on one table at a time.';

CREATE FUNCTION @extschema@.seq_guard_note() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'seq_guard_note_call';
COMMENT ON FUNCTION @extschema@.seq_guard_note() IS
'The guard''s trigger on a table, made by seq_guard_enable(): AFTER INSERT OR UPDATE, FOR EACH STATEMENT. Notes a table that got rows, or whose fed column was set; it is judged at commit. Needs no privilege.';

-- It pins the search_path itself, once it has seen whether the session's is that of a restore.
CREATE FUNCTION @extschema@.seq_guard_on_ddl() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'seq_guard_on_ddl_call';
COMMENT ON FUNCTION @extschema@.seq_guard_on_ddl() IS
'The guard''s event trigger for ddl_command_end, made by seq_guard_enable(): arms tables as they are made or altered and disarms those that nothing feeds any more. What goes wrong there is a warning, never an error.';
