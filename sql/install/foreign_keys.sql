COMMENT ON FUNCTION @extschema@.fk_audit(text) IS
'Counts, for each foreign key, the rows without a matching row in the parent table, and gives the SQL that repairs it.';

COMMENT ON FUNCTION @extschema@.fk_precheck(regclass, name[], regclass, name[]) IS
'Reports whether a foreign key that does not exist yet would hold, and gives the DDL that adds it. Run the statements in ddl one by one, outside a transaction block.';
COMMENT ON FUNCTION @extschema@.fk_precheck(regclass, text, regclass, text) IS
'Does the same as fk_precheck(regclass, name[], regclass, name[]), for a foreign key of one column.';
