-- Returns which cluster and database this is. The timeline of a standby is that of its last
-- restart point, or the one up to which it has to replay, whichever is newer.
CREATE FUNCTION @extschema@.fc_snap_identity()
RETURNS TABLE (identity jsonb, taken_at text) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    cluster text;
    timeline bigint;
BEGIN
    BEGIN
        cluster := (SELECT c.system_identifier::text FROM pg_control_system() c);
        IF pg_is_in_recovery() THEN
            timeline := (SELECT greatest(c.timeline_id, r.min_recovery_end_timeline) FROM pg_control_checkpoint() c, pg_control_recovery() r);
        ELSE
            timeline := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint;
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        PERFORM @extschema@.fc_raise('42501', 'the cluster cannot be identified', SQLERRM || '.',
            format('Run as a superuser: GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint(), pg_control_recovery(), pg_walfile_name(pg_lsn), pg_current_wal_lsn() TO %I;', current_user));
    END;
    RETURN QUERY
    SELECT jsonb_build_object('system_identifier', cluster, 'database', q.name, 'database_oid', q.id::bigint, 'server_version', q.version,
               'encoding', q.encoding, 'in_recovery', pg_is_in_recovery(), 'timeline', timeline), q.taken
      FROM (
        @queries/snapshot_identity.sql@
      ) q (id, name, version, encoding, taken);
END $fn$;
