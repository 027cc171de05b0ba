COMMENT ON FUNCTION @extschema@.migration_report() IS
'Reports for each migration tool that has tables here the state of its migrations, and gives the SQL that repairs it.';
