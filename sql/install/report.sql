COMMENT ON FUNCTION @extschema@.flightcheck_report(text, name, boolean, jsonb) IS
'Makes an HTML page of the findings, sequences and waiting sessions. A snapshot as source adds what differs from it.';
