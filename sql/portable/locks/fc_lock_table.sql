-- Sessions and locks as one observation: src/locks/{lock_table,session,at_work,wording}.rs.
CREATE FUNCTION @extschema@.fc_lock_table(database oid)
RETURNS TABLE (kind int, database_oid oid, classid bigint, objid bigint, objsubid smallint, virtual_transaction text, pid int,
    mode text, granted boolean, wait_start timestamptz, transaction text, relation oid, is_temporary boolean)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    query text := $query$
    @queries/advisory_locks.sql@
$query$;
BEGIN
    IF current_setting('server_version_num')::int < 140000 THEN
        query := replace(query, 'l.waitstart', 'NULL::pg_catalog.timestamptz');
    END IF;
    RETURN QUERY EXECUTE query USING database;
END $fn$;
