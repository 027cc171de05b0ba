-- Finds materialized views that were never filled, as src/checks/views.rs does. Where others have to
-- be refreshed first, there is no fix.
CREATE FUNCTION @extschema@.fc_check_views(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH RECURSIVE unpopulated AS MATERIALIZED (
    SELECT v.*
      FROM (
       @queries/materialized_views_unpopulated.sql@
       ) v (schema_name, name, oid)
), reading AS MATERIALIZED (
    SELECT v.*
      FROM (
       @queries/view_reads.sql@
       ) v (view, relation, is_unfilled, schema_name, name)
     WHERE EXISTS (SELECT FROM unpopulated)
), needed AS (
    SELECT u.oid AS view, r.relation, r.is_unfilled, r.schema_name, r.name
      FROM unpopulated u JOIN reading r ON r.view = u.oid
     UNION
    SELECT n.view, r.relation, r.is_unfilled, r.schema_name, r.name
      FROM needed n JOIN reading r ON r.view = n.relation
     WHERE NOT n.is_unfilled
)
SELECT 'warning', 'view_unpopulated', format('materialized view %I.%I', u.schema_name, u.name),
       concat_ws('; ', 'it was never filled: queries of it fail with 55000',
                 CASE WHEN f.first IS NOT NULL THEN
                     format('its query reads %s, which %s to be refreshed first', @extschema@.fc_series(f.first, ' and '),
                            CASE cardinality(f.first) WHEN 1 THEN 'has' ELSE 'have' END) END),
       CASE WHEN f.first IS NULL THEN format('REFRESH MATERIALIZED VIEW %I.%I;', u.schema_name, u.name) END
  FROM unpopulated u
 CROSS JOIN LATERAL (
    SELECT array_agg(format('%I.%I', n.schema_name, n.name) ORDER BY format('%I.%I', n.schema_name, n.name) COLLATE "C") AS first
      FROM needed n WHERE n.view = u.oid AND n.is_unfilled AND n.relation <> u.oid) f
 ORDER BY u.schema_name, u.name
$fn$;
