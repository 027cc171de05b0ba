-- Returns the name that the server gives a serial column's sequence (makeObjectName in
-- commands/indexcmds.c): the longer of the two names is shortened first.
CREATE FUNCTION @extschema@.fc_seq_serial_name(table_name text, column_name text)
RETURNS text LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    first int := octet_length(table_name);
    second int := octet_length(column_name);
BEGIN
    WHILE first + second > 58 LOOP
        IF first > second THEN
            first := first - 1;
        ELSE
            second := second - 1;
        END IF;
    END LOOP;
    WHILE octet_length(table_name) > first LOOP
        table_name := left(table_name, -1);
    END LOOP;
    WHILE octet_length(column_name) > second LOOP
        column_name := left(column_name, -1);
    END LOOP;
    RETURN format('%s_%s_seq', table_name, column_name);
END $fn$;
