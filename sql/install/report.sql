COMMENT ON FUNCTION @extschema@.flightcheck_report(text, name, boolean, jsonb, text, name, text, boolean) IS
'Makes an HTML page of the findings, sequences and waiting sessions, and of a script. rehearse runs and undoes the script.';
