-- Returns a form that is the same for names that resemble each other, as likeness() of
-- src/sequences/by_name.rs does.
CREATE FUNCTION @extschema@.fc_seq_likeness(name text)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN k ~ 'ies$' THEN left(k, -3) || 'y'
            WHEN k ~ '(ses|xes|zes|ches|shes)$' THEN left(k, -2)
            WHEN k ~ 's$' AND k !~ 'ss$' THEN left(k, -1)
            ELSE k END
  FROM regexp_replace(lower(name), '[^[:alnum:]]', '', 'g') k
$fn$;
