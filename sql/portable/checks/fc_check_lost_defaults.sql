-- Finds columns that have lost the default that draws from their sequence, as
-- src/checks/lost_defaults.rs does.
CREATE FUNCTION @extschema@.fc_check_lost_defaults(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN d.is_lost THEN 'warning' ELSE 'info' END, 'sequence_default_missing', format('column %I.%I.%I', d.schema_name, d.table_name, d.name),
       CASE WHEN d.is_owned THEN format('it owns sequence %I.%I and has no default', d.sequence_schema, d.sequence_name) ELSE format('it has no default, and sequence %I.%I, named after it, feeds no column', d.sequence_schema, d.sequence_name) END
       || CASE WHEN d.is_lost THEN format(', while %s other columns of the schema draw from theirs: inserts that omit it fail with 23502', d.others)
               ELSE ': unless the application itself draws from it, inserts that omit the column fail with 23502' END
       || CASE WHEN abs(d.step) = 1 THEN '' ELSE format('; no fix, since an application may draw blocks of %s ids from it', abs(d.step)) END,
       CASE WHEN abs(d.step) = 1 THEN format('ALTER TABLE %I.%I ALTER COLUMN %I SET DEFAULT pg_catalog.nextval(%s::pg_catalog.regclass);', d.schema_name, d.table_name, d.name, @extschema@.fc_literal(format('%I.%I', d.sequence_schema, d.sequence_name)))
            || CASE WHEN d.is_lost THEN format(' SELECT * FROM @extschema@.seq_resync_table(%s);', @extschema@.fc_literal(format('%I.%I', d.schema_name, d.table_name))) ELSE '' END END
  FROM (
       @queries/sequence_defaults_missing.sql@
       ) d (schema_name, table_name, name, sequence_schema, sequence_name, is_owned, is_lost, others, step)
$fn$;
