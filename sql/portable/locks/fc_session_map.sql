-- Every session by pid, as far as the current user may see it, with what it does.
CREATE FUNCTION @extschema@.fc_session_map(locks jsonb) RETURNS jsonb
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    -- pg_stat_activity otherwise repeats what the transaction's first look at it has shown.
    PERFORM pg_stat_clear_snapshot();
    RETURN (
        WITH held AS MATERIALIZED (
            SELECT l.* FROM jsonb_to_recordset(locks) l (kind int, pid int, mode text, granted boolean, is_temporary boolean)
        ), changes AS MATERIALIZED (
            SELECT l.pid, bool_or(l.kind = 1 AND l.mode NOT IN ('AccessShareLock', 'RowShareLock')) AS rows,
                   bool_or(l.kind = 1 AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
                           AND NOT coalesce(l.is_temporary, false)) AS schema,
                   bool_or(l.kind = 2 AND l.granted) AS has_xid
              FROM held l WHERE l.pid IS NOT NULL GROUP BY l.pid
        )
        SELECT coalesce(jsonb_object_agg(s.pid, to_jsonb(s) || jsonb_build_object(
                   'query', q.query, 'is_client', coalesce(s.is_client, false) OR coalesce(s.may_be_client, false),
                   'is_idle', coalesce(s.state LIKE 'idle%', false),
                   'work', @extschema@.fc_session_work(s.state, q.query,
                       s.has_xid OR coalesce(c.has_xid, false) OR coalesce(c.rows, false) AND NOT coalesce(s.is_maintenance, false),
                       coalesce(c.schema, false) AND NOT coalesce(s.is_maintenance, false)))), '{}')
          FROM @extschema@.fc_sessions(ARRAY(SELECT h.pid FROM held h WHERE h.pid IS NOT NULL), (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)) s
          LEFT JOIN changes c ON c.pid = s.pid
          LEFT JOIN pg_database d ON d.oid = s.database_oid
         -- A statement in another encoding is not read as text. A hidden one is replaced by a text
         -- that says so.
         CROSS JOIN LATERAL (SELECT CASE WHEN s.state IS NOT NULL AND s.state <> 'disabled'
                                          AND coalesce(d.encoding, -1) = (SELECT o.encoding FROM pg_database o WHERE o.datname = current_database())
                                         THEN s.query END) q (query));
END $fn$;
