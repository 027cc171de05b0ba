-- Finds identity columns without their sequence and sequences that another column owns, as
-- src/checks/sequence_ownership.rs does.
CREATE FUNCTION @extschema@.fc_check_identity(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN i.sequences = 1 THEN 'info' ELSE 'error' END, CASE WHEN i.sequences = 1 THEN 'identity_second_sequence' ELSE 'identity_sequence_missing' END,
       format('column %I.%I.%I', i.schema_name, i.table_name, i.name),
       CASE WHEN i.sequences = 1 THEN format('it also owns sequence %I.%I, which its identity does not draw from: pg_get_serial_sequence may return the wrong one', i.other_schema, i.other_name)
            ELSE 'the catalogs have no sequence for the identity column, or several: every insert that omits it fails; the fix writes to a catalog, which requires a superuser' END,
       CASE WHEN i.sequences = 1 THEN format('ALTER SEQUENCE %I.%I OWNED BY NONE;', i.other_schema, i.other_name) END
  FROM (
       @queries/identity_sequence_mismatches.sql@
       ) i (schema_name, table_name, name, is_always, is_partitioned, sequences, other_schema, other_name)
UNION ALL
SELECT CASE WHEN s.is_shared THEN 'info' ELSE 'warning' END, 'sequence_owned_elsewhere',
       format('sequence %I.%I feeding %I.%I.%I', s.sequence_schema, s.sequence_name, s.schema_name, s.table_name, s.name),
       format('it belongs to %I.%I.%I%s: %s', s.owner_schema, s.owner_table, s.owner_column, CASE WHEN s.is_shared OR s.is_identity THEN '' ELSE ', which no longer draws from it' END,
              CASE WHEN (s.owner_schema, s.owner_table) = (s.schema_name, s.table_name) THEN 'DROP COLUMN there fails or, with CASCADE, drops this column''s default'
                   ELSE 'DROP TABLE there fails or, with CASCADE, drops this column''s default, and TRUNCATE there with RESTART IDENTITY restarts the sequence' END),
       CASE WHEN s.is_identity OR s.is_shared THEN NULL WHEN s.may_own THEN format('ALTER SEQUENCE %I.%I OWNED BY %I.%I.%I;', s.sequence_schema, s.sequence_name, s.schema_name, s.table_name, s.name)
            ELSE format('ALTER SEQUENCE %I.%I OWNED BY NONE;', s.sequence_schema, s.sequence_name) END
  FROM (
       @queries/sequences_owned_elsewhere.sql@
       ) s (schema_name, table_name, name, sequence_schema, sequence_name, owner_schema, owner_table, owner_column, is_identity, is_shared, may_own)
$fn$;
