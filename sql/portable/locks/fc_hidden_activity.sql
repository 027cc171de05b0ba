-- Returns why the session's activity is unknown; NULL if it is known.
CREATE FUNCTION @extschema@.fc_hidden_activity(session jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN session IS NULL THEN NULL
            WHEN session ->> 'state' IS NULL THEN format('the session''s activity is hidden; GRANT pg_read_all_stats TO %I; shows it', current_user)
            WHEN session ->> 'state' = 'disabled' THEN 'track_activities is off for the session, so its activity is unknown' END
$fn$;
