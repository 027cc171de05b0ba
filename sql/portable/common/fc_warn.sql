-- Sends a WARNING. hint may be NULL.
CREATE FUNCTION @extschema@.fc_warn(message text, detail text, hint text)
RETURNS void LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF hint IS NULL THEN
        RAISE WARNING USING MESSAGE = message, DETAIL = detail;
    ELSE
        RAISE WARNING USING MESSAGE = message, DETAIL = detail, HINT = hint;
    END IF;
END $fn$;
