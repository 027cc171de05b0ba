-- Finds indexes that are not valid, as src/checks/indexes.rs does. The steps that repair the index
-- of a partitioned table are the library's.
CREATE FUNCTION @extschema@.fc_check_indexes(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN i.is_at_work THEN 'info' WHEN i.is_unique AND NOT i.has_twin AND NOT j.is_harmless AND NOT pg_is_in_recovery() THEN 'error' ELSE 'warning' END, 'index_invalid',
       format('index %I.%I on %s %I.%I', i.schema_name, i.name, CASE WHEN i.is_toast THEN 'the TOAST table of' ELSE 'table' END, i.table_schema, i.table_name),
       CASE WHEN i.is_at_work THEN 'another session is building or dropping it'
            ELSE CASE WHEN pg_is_in_recovery() THEN 'the primary may still be building it, which is not visible on a standby; ' ELSE '' END || CASE
                WHEN i.is_partitioned THEN format('partitions without an index attached to it: %s; flightcheck() of the extension has the steps that attach them',
                    (SELECT count(*) FROM pg_partition_tree(i.table_oid) p WHERE p.isleaf AND NOT EXISTS (SELECT FROM pg_partition_tree(i.oid) x JOIN pg_index xi ON xi.indexrelid = x.relid WHERE xi.indrelid = p.relid AND xi.indisvalid)))
                WHEN j.is_leftover THEN 'left over from a REINDEX CONCURRENTLY that failed: it is useless' || CASE WHEN i.is_ready THEN ', and slows down every write' ELSE '' END
                WHEN NOT i.is_live THEN 'DROP INDEX CONCURRENTLY failed on it: it is useless'
                ELSE format('CREATE INDEX CONCURRENTLY or a similar command failed: no query uses the index, and %s', CASE WHEN i.is_ready THEN 'it slows down every write' ELSE 'new rows are not entered in it' END)
                     || CASE WHEN i.is_unique AND NOT i.has_twin THEN '; if the table contains duplicates, the fix fails with 23505' || CASE WHEN i.is_exclusion THEN '' ELSE ' and leaves a _ccnew index to be dropped' END ELSE '' END
                     || CASE WHEN i.has_constraint THEN '' ELSE format('; if it is no longer needed: DROP INDEX CONCURRENTLY %I.%I;', i.schema_name, i.name) END END END,
       CASE WHEN i.is_at_work OR i.is_partitioned THEN NULL
            WHEN j.is_leftover THEN format('DROP INDEX CONCURRENTLY %I.%I;', i.schema_name, i.name)
            WHEN NOT i.is_live THEN format('DROP INDEX %I.%I;', i.schema_name, i.name)
            ELSE format('REINDEX INDEX %s%I.%I;', CASE WHEN i.is_exclusion THEN '' ELSE 'CONCURRENTLY ' END, i.schema_name, i.name) END
  FROM (
       @queries/invalid_indexes.sql@
       ) i (oid, schema_name, name, table_schema, table_name, is_toast, is_partitioned, table_oid, is_unique, is_ready, is_live, is_exclusion, has_twin, is_leftover_named, has_constraint, is_at_work)
 CROSS JOIN LATERAL (SELECT i.is_leftover_named AND NOT i.has_constraint, NOT i.is_partitioned AND (i.is_leftover_named AND NOT i.has_constraint OR NOT i.is_live)) j (is_leftover, is_harmless)
$fn$;
