-- Java's String.hashCode(), over UTF-16 code units.
CREATE FUNCTION @extschema@.fc_java_hash(words text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    hash bigint := 0;
    code bigint;
BEGIN
    FOR i IN 1 .. length(words) LOOP
        code := ascii(substr(words, i, 1));
        IF code > 65535 THEN
            hash := (hash * 31 + 55296 + ((code - 65536) >> 10)) & 4294967295;
            code := 56320 + ((code - 65536) & 1023);
        END IF;
        hash := (hash * 31 + code) & 4294967295;
    END LOOP;
    RETURN CASE WHEN hash > 2147483647 THEN hash - 4294967296 ELSE hash END;
END $fn$;
