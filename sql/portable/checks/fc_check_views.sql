-- Finds materialized views that were never filled, as src/checks/views.rs does.
CREATE FUNCTION @extschema@.fc_check_views(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT 'warning', 'view_unpopulated', format('materialized view %I.%I', v.schema_name, v.name), 'it was never filled: queries of it fail with 55000', format('REFRESH MATERIALIZED VIEW %I.%I;', v.schema_name, v.name)
  FROM (
       @queries/materialized_views_unpopulated.sql@
       ) v (schema_name, name)
$fn$;
