-- Returns the sessions in databases and the processes, as far as the current user may see them.
CREATE FUNCTION @extschema@.fc_sessions(pids int[], caller oid)
RETURNS TABLE (pid int, role text, database text, application text, client_addr inet, client_port int, backend_start timestamptz,
    state text, state_change timestamptz, state_age bigint, query text, state_for interval, has_xid boolean, is_client boolean,
    may_be_ended boolean, may_be_read boolean, is_maintenance boolean, may_be_client boolean, database_oid oid)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/sessions.sql@
$fn$;
