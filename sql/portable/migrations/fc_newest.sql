-- Returns the row with the highest value in a column: a time, a number or a text.
CREATE FUNCTION @extschema@.fc_newest(rows jsonb, place text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT r.row FROM jsonb_array_elements(rows) WITH ORDINALITY r (row, no)
 ORDER BY coalesce((r.row ->> (place || 'utc'))::numeric, CASE WHEN r.row ->> place ~ '^-?\d{1,18}$' THEN (r.row ->> place)::numeric END) DESC NULLS LAST, r.row ->> place COLLATE "C" DESC NULLS LAST, r.no DESC LIMIT 1
$fn$;
