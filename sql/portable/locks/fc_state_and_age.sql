-- Returns "idle in transaction for 3 min"; NULL if the state is hidden.
CREATE FUNCTION @extschema@.fc_state_and_age(session jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN session ->> 'state' IS NULL OR session ->> 'state' = 'disabled'
                 OR NOT ((session ->> 'may_be_read')::boolean OR (session ->> 'may_be_ended')::boolean) THEN NULL
            WHEN session ->> 'state_age' IS NULL THEN session ->> 'state'
            ELSE format('%s for %s', session ->> 'state', @extschema@.fc_in_words((session ->> 'state_age')::bigint)) END
$fn$;
