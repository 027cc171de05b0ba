-- Returns the number of large objects, and what is attached to how many of them.
CREATE FUNCTION @extschema@.fc_snap_large_objects()
RETURNS jsonb LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    state text;
    message text;
    detail text;
BEGIN
    RETURN (
        SELECT jsonb_strip_nulls(jsonb_build_object('count', coalesce(sum(q.count) FILTER (WHERE q.what = 'owner'), 0),
                   'properties', jsonb_object_agg(rtrim(q.what || ' ' || q.name), concat(q.count, ' ' || @extschema@.fc_fingerprint(q.content)))
                                     FILTER (WHERE q.what IS NOT NULL)))
          FROM (
            @queries/snapshot_large_objects.sql@
          ) q (what, name, count, content));
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN jsonb_build_object('count', 0, 'unread', @extschema@.fc_error(state, message, detail));
END $fn$;
