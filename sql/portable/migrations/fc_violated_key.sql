-- Returns the foreign key that a log says was violated, NULL without one: src/migrations/log.rs.
CREATE FUNCTION @extschema@.fc_violated_key(log text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    line text; found jsonb; parts text[];
BEGIN
    FOREACH line IN ARRAY regexp_split_to_array(coalesce(log, ''), '\n') LOOP
        line := btrim(line, E' \t\r');
        IF found IS NULL AND line ~ '^Foreign key constraint failed: ' THEN
            found := jsonb_build_object('constraint', substr(line, 32));
        ELSIF found IS NULL THEN
            parts := regexp_match(line, '^(?:.*?: {1,2})?insert or update on table "(.*)" violates foreign key constraint "(.*)"(?: \(.*\))?$');
            IF parts IS NOT NULL AND (length(line) - length(replace(line, '" violates foreign key constraint "', ''))) = 35 THEN
                found := jsonb_build_object('constraint', parts[2], 'child', parts[1]);
            END IF;
        END IF;
    END LOOP;
    IF found IS NULL THEN RETURN NULL; END IF;
    FOREACH line IN ARRAY regexp_split_to_array(log, '\n') LOOP
        line := btrim(line, E' \t\r');
        parts := regexp_match(line, '^(?:DETAIL:)?\s*Key \((.*?)\)=\((.*)\) is not present in table "(.*)"\.*$');
        IF parts IS NOT NULL AND NOT found ? 'parent' AND parts[2] !~ '\)=\(' AND parts[2] !~ '\) is not present in table "' AND parts[3] !~ '\) is not present in table "' THEN
            found := found || jsonb_build_object('columns', regexp_split_to_array(parts[1], ', '), 'parent', parts[3]);
        END IF;
        parts := regexp_match(line, '^DbError \{.*schema: Some\("([^"\\]*)"\)');
        IF parts IS NOT NULL AND found ? 'child' AND NOT found ? 'schema' THEN found := found || jsonb_build_object('schema', parts[1]); END IF;
    END LOOP;
    RETURN found;
END $fn$;
