-- Lists the properties of a sequence's definition that matter to a reader; NULL if there are none.
CREATE FUNCTION @extschema@.fc_seq_properties(seq text, cache bigint, cycle boolean, start numeric)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT nullif(concat_ws('; ',
    CASE WHEN cache > 1 THEN format('CACHE %s: sessions continue with the values that they have cached; to make them discard these, run ALTER SEQUENCE %s CACHE %s; (it waits for transactions that have drawn)', cache, seq, cache) END,
    CASE WHEN cycle THEN format('CYCLE: starts again at %s, even if ids are used', start) END), '')
$fn$;
