-- Returns the prepared transactions by transaction id.
CREATE FUNCTION @extschema@.fc_prepared_transactions()
RETURNS TABLE (transaction text, gid text, owner text, prepared timestamptz, age bigint)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/prepared_transactions.sql@
$fn$;
