-- Finds published tables without a replica identity, and tables that no publication has, as
-- src/checks/publications.rs does.
CREATE FUNCTION @extschema@.fc_check_publications(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT 'warning', 'replica_identity_missing', format('table %I.%I', t.schema_name, t.name),
       @extschema@.fc_join(ARRAY[
           format('%s, and it is published %s: %s with 55000',
                  CASE t.identity WHEN 'd' THEN 'it has no primary key' WHEN 'i' THEN 'the index of its replica identity is missing or invalid'
                                  ELSE 'its replica identity is NOTHING' END,
                  @extschema@.fc_list(CASE cardinality(t.publications) WHEN 1 THEN 'by publication' ELSE 'by publications' END,
                      ARRAY(SELECT quote_ident(u.name) FROM unnest(t.publications) WITH ORDINALITY u (name, no) ORDER BY u.no)),
                  CASE WHEN t.updates AND t.deletes THEN 'UPDATE and DELETE fail' WHEN t.updates THEN 'UPDATE fails' ELSE 'DELETE fails' END),
           format('add a primary key, or, if rows may be identified by all columns: ALTER TABLE %I.%I REPLICA IDENTITY FULL;', t.schema_name, t.name)]), NULL
  FROM (
       @queries/replica_identity_missing.sql@
       ) t (schema_name, name, publications, updates, deletes, identity)
 UNION ALL
SELECT 'info', 'table_not_published', format('table %I.%I', t.schema_name, t.name),
       format('no publication has it, although %s%s', @extschema@.fc_why_meant(t.schema_name, 'publication', t.publication, 'has', t.referring_schema, t.referring_table),
              CASE WHEN t.is_unlogged THEN ': it is unlogged, and changes of such tables are not published' END), NULL
  FROM (
       SELECT array_agg(q.relation) AS tables, array_agg(u.name) AS names
         FROM (
              @queries/published_tables.sql@
              ) q (relation, names)
        CROSS JOIN unnest(q.names) u (name)
       ) m
 CROSS JOIN LATERAL (
       @queries/tables_left_out.sql(schemas; m.tables; m.names)@
       ) t (schema_name, name, is_unlogged, publication, referring_schema, referring_table)
$fn$;
