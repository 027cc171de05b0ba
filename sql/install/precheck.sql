COMMENT ON FUNCTION @extschema@.migration_precheck(text, name, text) IS
'Reports what would fail, block or lose data if a script of SQL statements ran now, without running any of them.';
COMMENT ON FUNCTION @extschema@.migration_assert(text, name, text, boolean) IS
'Raises the first error that a script of SQL statements would raise if it ran now, without running any of them.';
COMMENT ON FUNCTION @extschema@.migration_statements(text, text) IS
'Returns the statements of a script that a migration tool would run, with the transaction that each belongs to.';
