-- Returns the type underlying a domain, and the modifier that applies, as an array.
CREATE FUNCTION @extschema@.fc_base_type(type oid, modifier int)
RETURNS bigint[] LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH RECURSIVE d AS (
    SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, modifier AS own FROM pg_type t WHERE t.oid = type
    UNION ALL
    SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod, CASE WHEN d.own >= 0 THEN d.own ELSE d.typtypmod END
      FROM d JOIN pg_type t ON t.oid = d.typbasetype WHERE d.typtype = 'd'
)
SELECT ARRAY[d.oid::bigint, d.own::bigint] FROM d WHERE d.typtype <> 'd'
$fn$;
