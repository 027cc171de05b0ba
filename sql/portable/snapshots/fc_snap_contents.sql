-- Counts what a snapshot contains, as Contents::of of src/snapshot/model.rs does, and the fields of
-- the whole snapshot, those of "contents" included, whether it is there or not.
CREATE FUNCTION @extschema@.fc_snap_contents(snapshot jsonb)
RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH counts AS MATERIALIZED (
    SELECT p.what, sum((SELECT count(*) FROM jsonb_path_query(snapshot, p.path, '{}', true))) AS count
      FROM (VALUES ('schemas', '$.schemas.*'::jsonpath), ('tables', '$.schemas.*.tables.*'), ('columns', '$.schemas.*.tables.*.columns.*'),
                   ('sequences', '$.schemas.*.sequences.*'), ('objects', '$.schemas.*.objects.*.*'), ('objects', '$.database.objects.*.*'),
                   ('constraints', '$.schemas.*.tables.*.constraints.*'), ('indexes', '$.schemas.*.tables.*.indexes.*'),
                   ('triggers', '$.schemas.*.tables.*.triggers.*'), ('policies', '$.schemas.*.tables.*.policies.*'),
                   ('rules', '$.schemas.*.tables.*.rules.*')) p (what, path)
     GROUP BY p.what
)
SELECT jsonb_object_agg(c.what, c.count)
       || jsonb_build_object('fields', (SELECT count(*) FROM jsonb_path_query(snapshot - 'contents', 'strict $.** ? (@.type() == "object").*')) + count(*) + 2)
  FROM counts c
$fn$;
