-- Whether a write to the table would run code of its owner, which no tool creates.
CREATE FUNCTION @extschema@.fc_code_run_on_write(relation oid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/code_run_on_write.sql@
$fn$;
