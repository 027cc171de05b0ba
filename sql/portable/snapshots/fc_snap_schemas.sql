-- Returns the schemas of a snapshot: all except the system's, or one of them.
CREATE FUNCTION @extschema@.fc_snap_schemas(named oid)
RETURNS TABLE (id oid, name text, owner text) LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH users (id, name) AS (
    @queries/user_schemas.sql@
)
SELECT s.id, s.name, s.owner
  FROM (
    @queries/snapshot_schemas.sql(ARRAY(SELECT u.id FROM users u WHERE named IS NULL OR u.id = named); named IS NOT NULL)@
  ) s (id, name, owner)
$fn$;
