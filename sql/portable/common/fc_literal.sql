-- Returns the text as a literal on one line, as literal() of src/report/quoting.rs does.
CREATE FUNCTION @extschema@.fc_literal(value text)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    quoted text := replace(value, '''', '''''');
    part text;
BEGIN
    IF quoted !~ E'[\\x01-\\x1f\\x7f\\\\]' AND quoted !~ '[[:cntrl:]]' THEN
        RETURN '''' || quoted || '''';
    END IF;
    value := '';
    FOREACH part IN ARRAY regexp_split_to_array(quoted, '') LOOP
        value := value || CASE WHEN part = E'\\' THEN E'\\\\'
                               WHEN part = E'\n' THEN E'\\n'
                               WHEN part ~ '[[:cntrl:]]' THEN E'\\u' || upper(lpad(to_hex(ascii(part)), 4, '0'))
                               ELSE part END;
    END LOOP;
    RETURN 'E''' || value || '''';
END $fn$;
