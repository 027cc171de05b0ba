-- How many different numbers a formula can give, at most.
CREATE FUNCTION @extschema@.fc_formula_values(formula jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT least(CASE WHEN formula ->> 'hash' ~ '64|hex16' THEN 2::numeric ^ 64 WHEN formula ->> 'hash' = 'md5-decimals' THEN 10000000000
                  ELSE 2::numeric ^ 32 END,
             (SELECT min(coalesce((s.step ->> 'modulo')::numeric, (s.step ->> 'and')::numeric + 1))
                FROM jsonb_array_elements(formula -> 'then') s (step) WHERE jsonb_typeof(s.step) = 'object'))
$fn$;
