-- Adds to a foreign key the texts that its queries and statements consist of, as
-- src/foreign_keys/reference.rs does.
CREATE FUNCTION @extschema@.fc_fk_texts(f jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH pair AS (
    SELECT n.no, n.name, f -> 'parent_names' ->> (n.no - 1)::int AS parent_name, f -> 'comparisons' ->> (n.no - 1)::int AS comparison,
           f -> 'compared' ->> (n.no - 1)::int AS compared, f -> 'tests' ->> (n.no - 1)::int AS test, (f -> 'child_not_null' ->> (n.no - 1)::int)::boolean AS is_not_null
      FROM jsonb_array_elements_text(f -> 'child_names') WITH ORDINALITY n (name, no)
), texts AS (
    SELECT format('%I.%I', f ->> 'child_schema', f ->> 'child_table') AS child_name, format('%I.%I', f ->> 'parent_schema', f ->> 'parent_table') AS parent_name,
           CASE WHEN f ->> 'child_kind' = 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', f ->> 'child_schema', f ->> 'child_table') AS child_rows,
           CASE WHEN f ->> 'parent_kind' = 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', f ->> 'parent_schema', f ->> 'parent_table') AS parent_rows,
           string_agg(quote_ident(p.name), ', ' ORDER BY p.no) AS child_columns, string_agg(quote_ident(p.parent_name), ', ' ORDER BY p.no) AS parent_columns,
           string_agg(p.comparison || ' ' || p.compared, ' AND ' ORDER BY p.no) AS same, string_agg(p.test, ' AND ' ORDER BY p.no) AS all_tests,
           count(*) AS pairs, count(*) FILTER (WHERE NOT p.is_not_null) AS nullable,
           string_agg(p.test, ' AND ' ORDER BY p.no) FILTER (WHERE NOT p.is_not_null) AS and_tests, string_agg(p.test, ' OR ' ORDER BY p.no) FILTER (WHERE NOT p.is_not_null) AS or_tests
      FROM pair p
), orphaned AS (
    SELECT t.*, format('NOT EXISTS (SELECT FROM %s p WHERE %s)', t.parent_rows, t.same) AS has_no_parent,
           CASE WHEN t.nullable = 0 OR (f ->> 'is_match_full')::boolean AND t.nullable < t.pairs THEN NULL
                WHEN (f ->> 'is_match_full')::boolean AND t.nullable > 1 THEN '(' || t.or_tests || ')' ELSE t.and_tests END AS refers
      FROM texts t
)
SELECT f || jsonb_build_object('child_name', o.child_name, 'parent_name', o.parent_name, 'child_rows', o.child_rows, 'parent_rows', o.parent_rows,
           'child_columns', o.child_columns, 'parent_columns', o.parent_columns, 'all_tests', o.all_tests, 'has_no_parent', o.has_no_parent,
           'orphaned', concat_ws(' AND ', o.refers, o.has_no_parent))
  FROM orphaned o
$fn$;
