-- Returns a trigger's part of a snapshot: the arguments of its function may be confidential and are
-- hashed, as src/snapshot/table_objects.rs does.
CREATE FUNCTION @extschema@.fc_snap_trigger(firing "char", definition text)
RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT jsonb_strip_nulls(jsonb_build_object('firing', CASE WHEN firing = 'D' THEN 'disabled' WHEN firing = 'R' THEN 'replica'
                                                           WHEN firing = 'A' THEN 'always' ELSE 'origin' END,
           'definition', coalesce(c.parts[1] || ')', definition), 'arguments', @extschema@.fc_fingerprint(nullif(c.parts[2], ''))))
  FROM (SELECT regexp_match(definition,
            -- The call of the function is at the end. Strings and quoted names may contain anything.
            '^((?:[^''"E]|''[^'']*''|"[^"]*"|E(?!XECUTE FUNCTION ))*EXECUTE FUNCTION (?:[^"(]|"[^"]*")*[(])(.*)[)]$')) c (parts)
$fn$;
