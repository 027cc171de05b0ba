COMMENT ON FUNCTION @extschema@.flightcheck(text, name, boolean, boolean) IS
'Lists what migrations and restores have left wrong, worst first, with the statement that repairs it. With fold => false, many findings of one kind have a row each.';
