-- Returns the relations with columns in these schemas, each with the fields of its own.
--
-- key: the primary key's column if its first and last value may be shown
CREATE FUNCTION @extschema@.fc_snap_tables(schemas oid[])
RETURNS TABLE (relation oid, schema oid, name text, relkind "char", reltuples real, relpages int, key int2, is_populated boolean,
    has_policies boolean, has_rules boolean, fields jsonb)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT t.relation, t.schema, t.name, t.relkind, t.reltuples, t.relpages, t.key, t.is_populated, t.has_policies, t.has_rules,
           jsonb_strip_nulls(jsonb_build_object(
               'kind', CASE t.relkind WHEN 'p' THEN 'partitioned_table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view'
                                      WHEN 'f' THEN 'foreign_table' ELSE 'table' END,
               'owner', t.owner, 'unlogged', t.unlogged, 'row_security', t.row_security, 'force_row_security', t.force_row_security,
               'inherits', (SELECT coalesce(jsonb_agg(jsonb_build_object('schema', u.schema, 'name', u.name) ORDER BY u.place), '[]')
                              FROM unnest(t.parent_schemas, t.parent_names) WITH ORDINALITY u (schema, name, place)),
               'inherited', nullif(t.inherited, false),
               'partition_of', CASE WHEN t.parent IS NOT NULL THEN jsonb_build_object('schema', t.parent_schema, 'name', t.parent) END,
               'partition_bound', t.bound, 'primary_key', to_jsonb(coalesce(t.key_columns, '{}'))))
      FROM (
        @queries/snapshot_tables.sql@
      ) t (relation, schema, name, relkind, owner, unlogged, row_security, reltuples, relpages, parent_schema, parent, key_columns, key,
           is_populated, bound, force_row_security, parent_schemas, parent_names, inherited, has_policies, has_rules);
    -- Releases the locks on the catalogs.
    RAISE SQLSTATE 'FC000';
EXCEPTION WHEN SQLSTATE 'FC000' THEN
    NULL;
END $fn$;
