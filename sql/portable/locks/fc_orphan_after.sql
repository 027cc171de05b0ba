-- The rows of advisory_lock_report, for all locks or for the holders of one:
-- src/locks/{report,observation,verdict,advice}.rs.
CREATE FUNCTION @extschema@.fc_orphan_after() RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    setting text := coalesce(nullif(current_setting('pg_flightcheck.orphan_after', true), ''), '60');
BEGIN
    RETURN greatest(extract(epoch FROM CASE WHEN setting ~ '^\s*-?\d+\s*$' THEN make_interval(secs => setting::int) ELSE setting::interval END) * 1000000, 0)::bigint;
EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('invalid value for parameter "pg_flightcheck.orphan_after": "%s"', setting),
        HINT = 'Run RESET pg_flightcheck.orphan_after; or set it to a duration such as ''5min''.';
END $fn$;
