-- pid 4711 (…) is at work: UPDATE t …
CREATE FUNCTION @extschema@.fc_session_activity(session jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE session ->> 'work'
       WHEN 'unknown' THEN CASE WHEN session ->> 'state' = 'disabled'
            THEN format('track_activities is off for %s, so it may be at work', w.who) ELSE format('the activity of %s is hidden', w.who) END
       WHEN 'may_write' THEN @extschema@.fc_session_with_statement(w.who || ' may be at work', session)
       WHEN 'reads' THEN @extschema@.fc_session_with_statement(w.who || ' only reads', session)
       WHEN 'idle' THEN w.who WHEN 'aborted' THEN w.who
       ELSE @extschema@.fc_session_with_statement(w.who || ' is at work', session) END
  FROM (SELECT @extschema@.fc_session(session)) w (who)
$fn$;
