-- Finds functions that a table or view calls and that roles may not execute although they may use it,
-- as src/checks/function_privileges.rs does.
CREATE FUNCTION @extschema@.fc_check_function_privileges(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT 'warning', 'function_forbidden', format('function %s', f.name),
       format('%s may use %I.%I%s, where %s it, but may not execute it: statements that need it fail with 42501; if they should: GRANT EXECUTE ON FUNCTION %s TO %s;',
              @extschema@.fc_series(r.roles, ' and '), f.schema_name, f.table_name,
              CASE f.tables WHEN 1 THEN '' WHEN 2 THEN ' and 1 more table' ELSE format(' and %s more tables', f.tables - 1) END,
              @extschema@.fc_series(f.callers, ' and ') || CASE cardinality(f.callers) WHEN 1 THEN ' calls' ELSE ' call' END, f.name, array_to_string(r.roles, ', ')), NULL
  FROM (
       @queries/functions_forbidden.sql@
       ) f (name, schema_name, table_name, tables, roles, callers)
 CROSS JOIN LATERAL (SELECT ARRAY(SELECT quote_ident(u.role) FROM unnest(f.roles) WITH ORDINALITY u (role, no) ORDER BY u.no)) r (roles)
$fn$;
