-- Appends the session's statement, if the caller may see it.
CREATE FUNCTION @extschema@.fc_session_with_statement(words text, session jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT words || CASE WHEN (session ->> 'may_be_read')::boolean
                     THEN coalesce(': ' || nullif(@extschema@.fc_shorten(session ->> 'query'), ''), '') ELSE '' END
$fn$;
