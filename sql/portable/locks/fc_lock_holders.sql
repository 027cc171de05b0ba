-- The holders of a lock, each with the sessions that keep it from being ended, whatever its status.
CREATE FUNCTION @extschema@.fc_lock_holders(of_database oid, of_key text)
RETURNS TABLE (pid int, lock_key text, mode text, status text, reason text, session jsonb, related jsonb, role text, prepared_gid text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    locks jsonb;
    direct jsonb;
    reached jsonb;
    sessions jsonb;
BEGIN
    locks := coalesce((SELECT jsonb_agg(to_jsonb(t)) FROM @extschema@.fc_lock_table((SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) t), '[]');
    SELECT w.direct, w.reached INTO direct, reached FROM @extschema@.fc_waits(locks) w;
    sessions := @extschema@.fc_session_map(locks);
    RETURN QUERY
    SELECT l.pid, l.lock_key, l.mode, l.status, l.reason, l.session,
           CASE WHEN l.session IS NULL THEN '[]'::jsonb ELSE (SELECT r.in_the_way FROM @extschema@.fc_related(locks, sessions, direct, reached, l.session, NULL) r) END,
           l.role, l.prepared_gid
      FROM @extschema@.fc_locks(of_database, of_key) l ORDER BY l.pid NULLS FIRST;
END $fn$;
