-- Advances the sequences that feed the tables of a schema past the used ids.
CREATE FUNCTION @extschema@.seq_resync(schema text DEFAULT NULL, dry_run boolean DEFAULT false, margin bigint DEFAULT 0, fence boolean DEFAULT false, source jsonb DEFAULT NULL)
RETURNS TABLE (outcome text, table_name regclass, sequence_name regclass, old_next bigint, new_next bigint, detail text) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
BEGIN
    PERFORM @extschema@.fc_seq_refuse('seq_resync', dry_run, margin, fence, source);
    RETURN QUERY SELECT r.outcome, r.tab, r.sequence, r.old_next, r.new_next, r.detail
      FROM @extschema@.fc_seq_resync_rows(@extschema@.fc_schema(schema, true), NULL, dry_run, margin, fence) r;
END $fn$;
