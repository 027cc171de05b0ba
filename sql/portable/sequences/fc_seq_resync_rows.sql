-- Returns the rows of fc_seq_resync in their order, without those of dropped objects.
CREATE FUNCTION @extschema@.fc_seq_resync_rows(schema oid, target oid, dry_run boolean, margin bigint, fence boolean)
RETURNS TABLE (outcome text, tab regclass, sequence regclass, old_next bigint, new_next bigint, detail text) LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT r.outcome, t.oid::regclass, r.sequence::regclass, r.old_next, r.new_next, r.detail
  FROM @extschema@.fc_seq_resync(schema, target, dry_run, margin, fence) r
  LEFT JOIN pg_class t ON t.oid = r.tab
  JOIN pg_class c ON c.oid = coalesce(r.sequence, r.tab)
  JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY array_position('{skipped,advanced,would_advance,unchanged}'::text[], r.outcome), n.nspname, c.relname
$fn$;
