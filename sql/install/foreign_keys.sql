COMMENT ON FUNCTION @extschema@.fk_audit(text) IS
'Counts the rows under each foreign key that have no matching parent, validated or not, and says how to repair it.';

COMMENT ON FUNCTION @extschema@.fk_precheck(regclass, name[], regclass, name[]) IS
'Says whether a foreign key that does not exist yet would hold, and which statements make it. ddl has one statement an element, to be run one by one.';
