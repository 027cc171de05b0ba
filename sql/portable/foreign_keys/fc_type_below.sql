-- Returns the type under domains.
CREATE FUNCTION @extschema@.fc_type_below(type oid) RETURNS oid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH RECURSIVE t AS (
    SELECT y.oid, y.typtype, y.typbasetype FROM pg_type y WHERE y.oid = type
    UNION ALL SELECT y.oid, y.typtype, y.typbasetype FROM t JOIN pg_type y ON y.oid = t.typbasetype WHERE t.typtype = 'd'
)
SELECT t.oid FROM t WHERE t.typtype <> 'd'
$fn$;
