-- Lock keys as texts: a bigint, two integers, or classid:objid:objsubid. src/locks/key.rs.
CREATE FUNCTION @extschema@.fc_lock_key(classid bigint, objid bigint, objsubid int) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE objsubid WHEN 1 THEN ((classid << 32) | objid)::text
                     WHEN 2 THEN format('%s,%s', CASE WHEN classid > 2147483647 THEN classid - 4294967296 ELSE classid END,
                                                 CASE WHEN objid > 2147483647 THEN objid - 4294967296 ELSE objid END)
                     ELSE format('%s:%s:%s', classid, objid, objsubid) END
$fn$;
