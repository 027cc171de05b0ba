-- What several sessions do, or who they are: the first three, then how many more.
CREATE FUNCTION @extschema@.fc_session_list(sessions jsonb, words text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT nullif(@extschema@.fc_series(array_agg(CASE WHEN s.no > 3 THEN format('%s more', jsonb_array_length(sessions) - 3)
           WHEN words = 'activity' THEN @extschema@.fc_session_activity(s.session)
           WHEN words = 'statement' THEN @extschema@.fc_session_with_statement(@extschema@.fc_session(s.session), s.session)
           ELSE @extschema@.fc_session(s.session) END ORDER BY s.no), ', and '), '')
  FROM jsonb_array_elements(sessions) WITH ORDINALITY s (session, no)
 WHERE s.no <= 4
$fn$;
