-- Raises 25006 in a read-only transaction, as src/pg/catalog/access.rs does.
CREATE FUNCTION @extschema@.fc_refuse_read_only(called text)
RETURNS void LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF current_setting('transaction_read_only')::boolean OR pg_is_in_recovery() THEN
        PERFORM @extschema@.fc_raise('25006', format('cannot execute %s in a read-only transaction', called),
            CASE WHEN pg_is_in_recovery() THEN 'This server is a standby.' ELSE 'The transaction is read-only.' END,
            format('Run %s with dry_run => true here, or without it in a writable transaction on the primary.', called));
    END IF;
END $fn$;
