-- CRC-32 as in zlib, half a byte at a time.
CREATE FUNCTION @extschema@.fc_crc32(data bytea) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    halves constant bigint[] := '{0,498536548,997073096,651767980,1994146192,1802195444,1303535960,1342533948,3988292384,4027552580,3604390888,3412177804,2607071920,2262029012,2685067896,3183342108}';
    crc bigint := 4294967295;
BEGIN
    FOR i IN 0 .. length(data) - 1 LOOP
        crc := crc # get_byte(data, i);
        crc := (crc >> 4) # halves[(crc & 15) + 1];
        crc := (crc >> 4) # halves[(crc & 15) + 1];
    END LOOP;
    RETURN crc # 4294967295;
END $fn$;
