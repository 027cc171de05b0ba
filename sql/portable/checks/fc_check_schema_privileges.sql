-- Finds schemas that roles may not use although they need them, as src/checks/schema_privileges.rs
-- does.
CREATE FUNCTION @extschema@.fc_check_schema_privileges(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT 'warning', 'schema_forbidden', format('schema %I', s.name),
       format('%s %s tables or views in it or may access some, but may not use the schema: statements that name them fail with 42501; if they should use it: GRANT USAGE ON SCHEMA %I TO %s;',
              @extschema@.fc_series(r.roles, ' and '), CASE WHEN cardinality(r.roles) = 1 THEN 'owns' ELSE 'own' END, s.name, array_to_string(r.roles, ', ')), NULL
  FROM (
       @queries/schema_privileges_missing.sql@
       ) s (name, roles)
 CROSS JOIN LATERAL (SELECT ARRAY(SELECT quote_ident(u.role) FROM unnest(s.roles) WITH ORDINALITY u (role, no) ORDER BY u.no)) r (roles)
$fn$;
