-- Returns a name as the server makes it up from two names and a label, at most 63 bytes long
-- (makeObjectName).
CREATE FUNCTION @extschema@.fc_object_name(first text, second text, label text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    room int := 63 - octet_length(label) - 2; one int := octet_length(first); two int := octet_length(second);
BEGIN
    WHILE one + two > room LOOP
        IF one > two THEN one := one - 1; ELSE two := two - 1; END IF;
    END LOOP;
    WHILE octet_length(first) > one LOOP first := left(first, -1); END LOOP;
    WHILE octet_length(second) > two LOOP second := left(second, -1); END LOOP;
    RETURN concat_ws('_', first, second, label);
END $fn$;
