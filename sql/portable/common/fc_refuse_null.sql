-- Raises 22004 if the argument's value is NULL.
CREATE FUNCTION @extschema@.fc_refuse_null(argument text, is_null boolean)
RETURNS void LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF is_null THEN
        PERFORM @extschema@.fc_raise('22004', format('argument "%s" must not be null', argument));
    END IF;
END $fn$;
