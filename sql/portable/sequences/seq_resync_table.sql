-- Advances the sequences that feed one table past the used ids.
CREATE FUNCTION @extschema@.seq_resync_table(target regclass, dry_run boolean DEFAULT false, margin bigint DEFAULT 0, fence boolean DEFAULT false, source jsonb DEFAULT NULL)
RETURNS TABLE (outcome text, table_name regclass, sequence_name regclass, old_next bigint, new_next bigint, detail text) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    kind "char";
    name text;
    owner text;
BEGIN
    PERFORM @extschema@.fc_refuse_null('target', target IS NULL);
    PERFORM @extschema@.fc_seq_refuse('seq_resync_table', dry_run, margin, fence, source);
    kind := (SELECT c.relkind FROM pg_class c WHERE c.oid = target);
    name := @extschema@.fc_relation(target);
    IF kind IS NULL THEN
        PERFORM @extschema@.fc_raise('42P01', format('relation with OID %s does not exist', target::oid));
    ELSIF kind = 'S' THEN
        owner := (SELECT @extschema@.fc_relation(q.relation) FROM (
            @queries/sequence_owner.sql(target)@
        ) q (relation));
        PERFORM @extschema@.fc_raise('42809', name || ' is not a table',
            CASE WHEN owner IS NOT NULL THEN 'It is a sequence.' ELSE 'It is a sequence that no column owns.' END,
            CASE WHEN owner IS NOT NULL THEN format('Run SELECT * FROM @extschema@.seq_resync_table(%s); for the table that owns it.', @extschema@.fc_literal(owner))
                 ELSE format('Pass a table whose column draws from it. Run SELECT * FROM @extschema@.seq_audit() WHERE sequence_name = %s::regclass; to list them.', @extschema@.fc_literal(name)) END);
    ELSIF kind NOT IN ('r', 'p', 'f') THEN
        PERFORM @extschema@.fc_raise('42809', name || ' is not a table', NULL, 'Pass a table, a partitioned table or a foreign table.');
    END IF;
    RETURN QUERY SELECT r.outcome, r.tab, r.sequence, r.old_next, r.new_next, r.detail
      FROM @extschema@.fc_seq_resync_rows(NULL, target, dry_run, margin, fence) r;
END $fn$;
