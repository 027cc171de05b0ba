COMMENT ON FUNCTION @extschema@.flightcheck(text, name, boolean, boolean) IS
'Lists what migrations and restores have left wrong, worst first, with the statement that repairs each finding. With fold => false, each of many findings of one kind has its own row.';

COMMENT ON FUNCTION @extschema@.flightcheck_summary(boolean) IS
'Returns one row for each check of flightcheck, for monitoring every minute. With complete => true, it also runs checks that take long on many tables.';
