-- SQL without comments as it can be pasted, on one line: control characters between tokens become
-- blanks, those in names and literals become U&"…" and E'…'.
CREATE FUNCTION @extschema@.fc_one_line(statement text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    rest text := statement;
    line text := '';
    part text;
BEGIN
    IF statement IS NULL OR statement !~ '[\u0001-\u001f\u007f-\u009f]' THEN RETURN statement; END IF;
    WHILE rest <> '' LOOP
        part := coalesce((regexp_match(rest, '^"(?:[^"]|"")*"?'))[1], (regexp_match(rest, '^[eE]''(?:[^\\'']|''''|\\.)*''?'))[1],
                         (regexp_match(rest, '^''(?:[^'']|'''')*''?'))[1], (regexp_match(rest, '^[[:alnum:]_]+'))[1], left(rest, 1));
        rest := substr(rest, length(part) + 1);
        line := line || CASE
            WHEN part !~ '[\u0001-\u001f\u007f-\u009f]' THEN part
            WHEN part ~ '^"' THEN @extschema@.fc_identifier(replace(substr(part, 2, length(part) - 2), '""', '"'))
            WHEN part ~ '^[eE]''' THEN regexp_replace(replace(part, chr(10), '\n'), '[\u0001-\u001f\u007f-\u009f]', '?', 'g')
            WHEN part ~ '^''' THEN @extschema@.fc_literal(replace(substr(part, 2, length(part) - 2), '''''', ''''))
            WHEN line ~ ' $' THEN '' ELSE ' ' END;
    END LOOP;
    RETURN line;
END $fn$;
