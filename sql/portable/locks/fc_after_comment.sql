-- The text after a comment has begun; NULL if the comment does not end. Comments nest.
CREATE FUNCTION @extschema@.fc_after_comment(words text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    rest text := words;
    depth int := 1;
    part text;
BEGIN
    WHILE depth > 0 LOOP
        part := (regexp_match(rest, '^(?:[^*/]|\*(?!/)|/(?!\*))*(\*/|/\*)'))[1];
        IF part IS NULL THEN RETURN NULL; END IF;
        rest := substr(rest, length((regexp_match(rest, '^(?:[^*/]|\*(?!/)|/(?!\*))*'))[1]) + 3);
        depth := depth + CASE part WHEN '/*' THEN 1 ELSE -1 END;
    END LOOP;
    RETURN rest;
END $fn$;
