-- Returns the number of sequences that were judged, or raises an error, as src/sequences/assert.rs
-- does.
CREATE FUNCTION @extschema@.seq_assert(schema text DEFAULT NULL, within bigint DEFAULT NULL, strict boolean DEFAULT false)
RETURNS bigint LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    f record;
    argument CONSTANT text := coalesce(@extschema@.fc_literal(schema), '');
    see text := format('SELECT * FROM @extschema@.seq_audit(%s) WHERE status <> ''ok'';', argument);
    message text;
    detail text;
    hint text;
BEGIN
    PERFORM @extschema@.fc_refuse_null('strict', strict IS NULL);
    IF within < 0 THEN
        PERFORM @extschema@.fc_raise('22023', '"within" must not be negative', NULL, 'Pass 0 to raise an error only if the next insert collides.');
    END IF;
    SELECT array_agg(r.label || CASE r.status WHEN 'exhausted' THEN ' (exhausted)' ELSE format(' (behind, inserts left: %s)', coalesce(r.inserts_left, 0)) END ORDER BY r.place)
               FILTER (WHERE r.is_bad) AS bad,
           count(DISTINCT r.sequence) FILTER (WHERE r.is_bad) AS bad_sequences, bool_or(r.is_bad AND r.status = 'behind') AS is_behind,
           array_agg(r.label || format(' (behind, inserts left: %s)', coalesce(r.inserts_left, 0)) ORDER BY r.place) FILTER (WHERE r.is_declined) AS declined,
           array_agg(r.label ORDER BY r.place) FILTER (WHERE r.is_unjudged) AS unjudged,
           count(*) FILTER (WHERE r.is_unjudged AND r.relation IS NOT NULL) AS columns, count(*) FILTER (WHERE r.is_unjudged AND r.relation IS NULL) AS sequences,
           coalesce(bool_or(r.is_unjudged AND r.lacks_privilege), false) AS lacks,
           count(DISTINCT r.sequence) FILTER (WHERE r.status NOT IN ('unknown', 'unlinked')) AS judged
      INTO f
      FROM (
        SELECT a.*, CASE WHEN a.relation IS NULL THEN 'sequence ' || a.tab ELSE a.tab || '.' || a.col END AS label,
               a.status = 'exhausted' OR a.status = 'behind' AND CASE WHEN within IS NULL THEN NOT a.is_declined ELSE coalesce(a.inserts_left <= within, true) END AS is_bad,
               (a.status = 'unknown' OR a.status = 'unlinked' AND a.behind_by IS NOT NULL OR a.is_partly_unknown)
               AND NOT pg_is_other_temp_schema(c.relnamespace) AS is_unjudged,
               row_number() OVER (ORDER BY array_position('{behind,exhausted,near_limit,unlogged,unused,unlinked,unknown,ok}'::text[], a.status),
                                           coalesce(a.inserts_left, 9223372036854775807), n.nspname, c.relname, a.col) AS place
          FROM @extschema@.fc_seq_audit(@extschema@.fc_schema(schema)) a
          JOIN pg_class c ON c.oid = coalesce(a.relation, a.sequence)
          JOIN pg_namespace n ON n.oid = c.relnamespace) r;
    IF f.bad IS NOT NULL THEN
        PERFORM @extschema@.fc_raise('55000', format('%s %s behind or exhausted', f.bad_sequences, CASE f.bad_sequences WHEN 1 THEN 'sequence is' ELSE 'sequences are' END),
            @extschema@.fc_list('Affected:', f.bad) || '.',
            CASE WHEN f.is_behind THEN format('Run %s for details, and SELECT * FROM @extschema@.seq_resync(%s); to advance past the used ids.', see, argument)
                 ELSE format('Run %s to see what makes room.', see) END);
    END IF;
    IF f.declined IS NOT NULL THEN
        RAISE WARNING USING MESSAGE = format('%s %s used ids that seq_resync does not advance past', cardinality(f.declined), CASE cardinality(f.declined) WHEN 1 THEN 'column has' ELSE 'columns have' END),
            DETAIL = @extschema@.fc_list('Affected:', f.declined) || '.', HINT = format('Run %s to see why.', see);
    END IF;
    IF f.unjudged IS NOT NULL THEN
        message := CASE WHEN f.judged = 0 THEN 'no sequence could be judged'
            ELSE concat_ws(' and ', CASE f.columns WHEN 0 THEN NULL WHEN 1 THEN '1 column fed by a sequence' ELSE f.columns || ' columns fed by a sequence' END,
                                    CASE f.sequences WHEN 0 THEN NULL WHEN 1 THEN '1 sequence without a known column' ELSE f.sequences || ' sequences without a known column' END)
                 || ' could not be judged' END;
        detail := @extschema@.fc_list('Affected:', f.unjudged) || '.';
        hint := CASE WHEN f.lacks THEN format('Run GRANT pg_read_all_data TO %I; to let this role read them, or %s to see why.', current_user, see)
                     ELSE format('Run %s to see why.', see) END;
        IF strict OR f.judged = 0 THEN
            PERFORM @extschema@.fc_raise(CASE WHEN f.lacks THEN '42501' ELSE '55000' END, message, detail, hint);
        END IF;
        RAISE WARNING USING MESSAGE = message, DETAIL = detail, HINT = hint;
    END IF;
    RETURN f.judged;
END $fn$;
