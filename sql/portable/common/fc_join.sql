-- Joins the clauses of a detail, leaving out NULLs; NULL if there are none. After a statement, its
-- own semicolon separates, as join() of src/report/wording.rs has it.
CREATE FUNCTION @extschema@.fc_join(clauses text[])
RETURNS text LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    joined text;
    clause text;
BEGIN
    FOREACH clause IN ARRAY clauses LOOP
        joined := CASE WHEN clause IS NULL OR clause = '' THEN joined
                       WHEN joined IS NULL THEN clause
                       ELSE joined || CASE WHEN joined ~ ';$' THEN ' ' ELSE '; ' END || clause END;
    END LOOP;
    RETURN joined;
END $fn$;
