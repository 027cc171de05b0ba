-- Returns why the columns of a table cannot be read by a query, and the grants that change that; no
-- row if they can.
CREATE FUNCTION @extschema@.fc_unreadable(relation oid, attributes int2[])
RETURNS TABLE (reason text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH facts AS (
    SELECT c.oid, n.oid AS schema, n.nspname, c.relname, has_schema_privilege(n.oid, 'USAGE') AS may_use,
           (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.no) FROM unnest(attributes) WITH ORDINALITY u (number, no)
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.number WHERE NOT has_column_privilege(c.oid, a.attnum, 'SELECT')) AS missing
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = relation
), grants AS (
    SELECT f.*, concat_ws(' ', CASE WHEN NOT f.may_use THEN format('GRANT USAGE ON SCHEMA %I TO %I;', f.nspname, current_user) END,
                               CASE WHEN f.missing IS NOT NULL THEN format('GRANT SELECT (%s) ON %I.%I TO %I;', f.missing, f.nspname, f.relname, current_user) END) AS grants,
           concat_ws(', ', CASE WHEN NOT f.may_use THEN 'no USAGE privilege on the table''s schema' END, 'no SELECT privilege on ' || f.missing) AS reason
      FROM facts f
)
SELECT g.reason || ': ' || rtrim(g.grants, ';'), g.grants FROM grants g WHERE g.grants <> ''
UNION ALL
SELECT 'row security hides rows of the table from this user', NULL FROM grants g WHERE g.grants = '' AND row_security_active(g.oid)
UNION ALL
SELECT @extschema@.fc_foreign_code(g.oid), NULL FROM grants g WHERE g.grants = '' AND NOT row_security_active(g.oid) AND @extschema@.fc_foreign_code(g.oid) IS NOT NULL
UNION ALL
SELECT 'Citus has distributed the table: its rows are in other tables, on other nodes', NULL FROM grants g
 WHERE g.grants = '' AND NOT row_security_active(g.oid) AND @extschema@.fc_foreign_code(g.oid) IS NULL
   AND coalesce(g.oid = ANY (@extschema@.fc_distributed()), true)
$fn$;
