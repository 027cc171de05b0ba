-- The statements of a text in lower case, without comments and without what is between quotes.
CREATE FUNCTION @extschema@.fc_statements(query text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    rest text := query;
    found text[] := '{}';
    current text := '';
    part text;
    place int;
BEGIN
    WHILE rest <> '' LOOP
        part := (regexp_match(rest, '^(?:[^;''"$/-]+|-(?!-)|/(?!\*)|\$(?!(?:[[:alpha:]_][[:alnum:]_]*)?\$))'))[1];
        IF part IS NOT NULL THEN
            current := current || part;
            rest := substr(rest, length(part) + 1);
        ELSIF rest ~ '^;' THEN
            found := found || current;
            current := '';
            rest := substr(rest, 2);
        ELSIF rest ~ '^--' THEN
            current := current || ' ';
            rest := CASE WHEN strpos(rest, chr(10)) > 0 THEN substr(rest, strpos(rest, chr(10))) ELSE '' END;
        ELSIF rest ~ '^/\*' THEN
            current := current || ' ';
            rest := coalesce(@extschema@.fc_after_comment(substr(rest, 3)), '');
        ELSE
            part := coalesce((regexp_match(rest, '^\$(?:[[:alpha:]_][[:alnum:]_]*)?\$'))[1], left(rest, 1));
            current := current || CASE part WHEN '"' THEN '""' ELSE '''''' END;
            place := strpos(substr(rest, length(part) + 1), part);
            rest := CASE WHEN place = 0 THEN '' ELSE substr(rest, place + 2 * length(part)) END;
        END IF;
    END LOOP;
    RETURN ARRAY(SELECT ltrim(lower(s.statement), E' \t\r\n(') FROM unnest(found || current) s (statement));
END $fn$;
