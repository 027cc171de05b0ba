-- Finds sequences that roles may not draw from although they may insert, as
-- src/checks/sequence_privileges.rs does.
CREATE FUNCTION @extschema@.fc_check_sequence_privileges(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT 'warning', 'sequence_forbidden', format('sequence %I.%I feeding %I.%I.%I', s.schema_name, s.name, s.table_schema, s.table_name, s.column_name),
       format('%s may insert into %I.%I%s but may not draw from the sequence: inserts that omit %I fail with 42501', array_to_string(r.roles, ', '), s.table_schema, s.table_name,
              CASE s.tables WHEN 1 THEN '' WHEN 2 THEN ' and 1 more table' ELSE format(' and %s more tables', s.tables - 1) END, s.column_name),
       format('GRANT USAGE ON SEQUENCE %I.%I TO %s;', s.schema_name, s.name, CASE WHEN s.is_public THEN 'PUBLIC' ELSE array_to_string(r.roles, ', ') END)
  FROM (
       @queries/sequence_privileges_missing.sql@
       ) s (schema_name, name, table_schema, table_name, column_name, tables, roles, is_public)
 CROSS JOIN LATERAL (SELECT CASE WHEN s.is_public THEN ARRAY['PUBLIC'] ELSE '{}'::text[] END || ARRAY(SELECT quote_ident(u.role) FROM unnest(s.roles) WITH ORDINALITY u (role, no) ORDER BY u.no)) r (roles)
$fn$;
