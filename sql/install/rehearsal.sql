COMMENT ON FUNCTION @extschema@.migration_rehearse(text, name, text, text, interval, boolean) IS
'Runs a script on a copy of the database, returns what each statement did, and undoes all of it. as_role: SET ROLE first.';
