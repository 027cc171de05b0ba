-- Checks the arguments that seq_resync and seq_resync_table share.
CREATE FUNCTION @extschema@.fc_seq_refuse(called text, dry_run boolean, margin bigint, fence boolean, source jsonb)
RETURNS void LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    PERFORM @extschema@.fc_refuse_null('dry_run', dry_run IS NULL);
    PERFORM @extschema@.fc_refuse_null('margin', margin IS NULL);
    PERFORM @extschema@.fc_refuse_null('fence', fence IS NULL);
    IF margin < 0 THEN
        PERFORM @extschema@.fc_raise('22023', '"margin" must not be negative', 'It is the number of ids to keep free beyond the furthest one.',
            'Pass 0 or more, or omit it.');
    END IF;
    IF source IS NOT NULL THEN
        PERFORM @extschema@.fc_raise('0A000', 'the portable edition of pg_flightcheck does not carry positions over from a snapshot', NULL,
            'Run it without source to pass the used ids, or install the extension.');
    END IF;
    IF NOT dry_run THEN
        PERFORM @extschema@.fc_refuse_read_only(called);
    END IF;
END $fn$;
