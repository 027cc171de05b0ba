COMMENT ON FUNCTION @extschema@.migration_precheck(text, name, text) IS
'Reports what would fail, block or lose data if a script of SQL statements ran now, without running any of them.';
