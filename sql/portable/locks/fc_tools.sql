-- The catalogue of tools, generated from docs/advisory-locks.json as the library's is.
CREATE FUNCTION @extschema@.fc_tools() RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT jsonb_agg(t.tool ORDER BY t.place)
  FROM (SELECT l.place, l.facts || jsonb_build_object('name', l.name, 'locks', jsonb_agg(l.lock ORDER BY l.no)) AS tool
          FROM (SELECT v.*, row_number() OVER () AS no FROM (
                @locks/tools@
                ) v (place, name, facts, lock)) l
         GROUP BY l.place, l.name, l.facts) t
$fn$;
