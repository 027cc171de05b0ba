-- Returns "lead a, b and c" or "lead a, b, c and 4 more", NULL without items, as list() of
-- src/report/wording.rs does.
CREATE FUNCTION @extschema@.fc_list(lead text, items text[])
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE coalesce(cardinality(items), 0)
            WHEN 0 THEN NULL
            WHEN 1 THEN lead || ' ' || items[1]
            WHEN 2 THEN format('%s %s and %s', lead, items[1], items[2])
            WHEN 3 THEN format('%s %s, %s and %s', lead, items[1], items[2], items[3])
            ELSE format('%s %s, %s, %s and %s more', lead, items[1], items[2], items[3], cardinality(items) - 3) END
$fn$;
