COMMENT ON FUNCTION @extschema@.fk_audit(text) IS
'A verdict on the rows under every foreign key, validated or not: violated, triggers off, not validated, not enforced, unknown or ok, with the number of orphans, a sample of their keys and the statements that repair it; worst first. Takes AccessShareLock on the tables of one foreign key at a time. Needs USAGE on the schemas and SELECT on the key''s columns, else the row says "unknown".';

COMMENT ON FUNCTION @extschema@.fk_precheck(regclass, name[], regclass, name[]) IS
'Before a migration: whether the foreign key from child (child_columns) to parent (parent_columns; NULL: its primary key) would hold: ok, violated, exists, impossible or unknown, with the number of orphans, a sample of their keys, what to know of size, index and locks, and the statements that make it without keeping writers out. Takes AccessShareLock on both tables.';
