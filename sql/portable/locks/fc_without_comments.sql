-- The text without the comments before its first word, and without parentheses before that.
CREATE FUNCTION @extschema@.fc_without_comments(query text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    rest text := regexp_replace(query, '^\s+', '');
BEGIN
    LOOP
        IF rest ~ '^--' THEN
            rest := CASE WHEN strpos(rest, chr(10)) > 0 THEN substr(rest, strpos(rest, chr(10)) + 1) ELSE '' END;
        ELSIF rest ~ '^/\*' THEN
            rest := coalesce(@extschema@.fc_after_comment(substr(rest, 3)), '');
        ELSE
            RETURN ltrim(rest, '(');
        END IF;
        rest := regexp_replace(rest, '^\s+', '');
    END LOOP;
END $fn$;
