COMMENT ON FUNCTION @extschema@.migration_report() IS
'Reports the state of the migrations of each tool that has tables in this database, and gives the SQL that repairs it.';
