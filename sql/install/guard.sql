COMMENT ON FUNCTION @extschema@.seq_guard_enable(text, regclass[]) IS
'Arms the tables of the schema (NULL: all schemas) that draw ids from a sequence, except the tables in exclude.';
COMMENT ON PROCEDURE @extschema@.seq_guard_enable_all(text, regclass[]) IS
'Arms tables as seq_guard_enable() does, any number of them, in short transactions. Cannot run in a transaction block.';
COMMENT ON FUNCTION @extschema@.seq_guard_disable(text) IS
'Drops the guard''s triggers on the tables of the schema (NULL: all schemas).';
COMMENT ON PROCEDURE @extschema@.seq_guard_disable_all(text) IS
'Disarms tables as seq_guard_disable() does, any number of them, in short transactions. Cannot run in a transaction block.';
COMMENT ON FUNCTION @extschema@.seq_guard_status() IS
'Reports, for each column that draws from a sequence, whether the guard watches it and, if not, why. Rows without a table are about the whole database.';

CREATE FUNCTION @extschema@._seq_guard_note() RETURNS trigger LANGUAGE c AS 'MODULE_PATHNAME', 'seq_guard_note_call';
COMMENT ON FUNCTION @extschema@._seq_guard_note() IS
'Internal: trigger function of the guard, which marks a table whose new rows are judged at commit.';

-- The function pins the search_path itself, after it has checked whether the session's is that of a restore.
CREATE FUNCTION @extschema@._seq_guard_on_ddl() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'seq_guard_on_ddl_call';
COMMENT ON FUNCTION @extschema@._seq_guard_on_ddl() IS
'Internal: event trigger function of the guard, which arms tables that draw from a sequence and disarms the others.';
