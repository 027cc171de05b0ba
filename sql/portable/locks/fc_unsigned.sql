-- An unsigned number from bytes, the most significant first.
CREATE FUNCTION @extschema@.fc_unsigned(data bytea) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    number numeric := 0;
BEGIN
    FOR i IN 0 .. length(data) - 1 LOOP number := number * 256 + get_byte(data, i); END LOOP;
    RETURN number;
END $fn$;
