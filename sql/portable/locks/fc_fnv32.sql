-- Computes FNV-1, or FNV-1a with xor_first.
CREATE FUNCTION @extschema@.fc_fnv32(data bytea, xor_first boolean) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    hash bigint := 2166136261;
BEGIN
    FOR i IN 0 .. length(data) - 1 LOOP
        IF xor_first THEN
            hash := ((hash # get_byte(data, i)) * 16777619) & 4294967295;
        ELSE
            hash := ((hash * 16777619) & 4294967295) # get_byte(data, i);
        END IF;
    END LOOP;
    RETURN hash;
END $fn$;
