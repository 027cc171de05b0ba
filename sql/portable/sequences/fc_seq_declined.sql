-- Returns why seq_resync would not move the sequence although ids are in its way; NULL if it would,
-- or if the current user may not see all ids.
CREATE FUNCTION @extschema@.fc_seq_declined(sequence oid)
RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    f record;
    s record;
BEGIN
    SELECT array_agg(c.relation ORDER BY c.place) AS relations, array_agg(c.attribute ORDER BY c.place) AS attributes,
           array_agg(CASE WHEN l.head_relation IS NOT NULL OR c.bound_low IS NULL THEN c.type_low ELSE greatest(c.type_low, c.bound_low) END ORDER BY c.place) AS lows,
           array_agg(CASE WHEN l.head_relation IS NOT NULL OR c.bound_high IS NULL THEN c.type_high ELSE least(c.type_high, c.bound_high) END ORDER BY c.place) AS highs,
           array_agg(l.in_blocks ORDER BY c.place) AS blocks, bool_or(c.hidden IS NOT NULL) AS is_hidden
      INTO f
      FROM (SELECT row_number() OVER () AS place, k.* FROM @extschema@.fc_seq_links() k WHERE k.sequence = fc_seq_declined.sequence AND k.relation IS NOT NULL AND k.drawing = 'plain') l
      JOIN @extschema@.fc_seq_columns(
            ARRAY(SELECT k.relation FROM @extschema@.fc_seq_links() k WHERE k.sequence = fc_seq_declined.sequence AND k.relation IS NOT NULL AND k.drawing = 'plain'),
            ARRAY(SELECT k.attribute FROM @extschema@.fc_seq_links() k WHERE k.sequence = fc_seq_declined.sequence AND k.relation IS NOT NULL AND k.drawing = 'plain')) c ON c.place = l.place
     WHERE c.id_type IS NOT NULL AND c.relkind <> 'v' AND NOT c.is_other_temp AND c.distributed IS NULL
       AND NOT (c.id_type = 'text' AND l.kind IN ('owned', 'by_name'))
       AND NOT (c.is_partition AND l.head_relation IS NOT NULL);
    IF f.relations IS NULL OR f.is_hidden THEN
        RETURN NULL;
    END IF;
    SELECT t.* INTO s FROM @extschema@.fc_seq_step(sequence, f.relations, f.attributes, f.lows, f.highs, f.blocks, true, 0) t;
    RETURN CASE WHEN s.outcome = 'skipped' THEN coalesce(@extschema@.fc_join(s.notes), '') END;
END $fn$;
