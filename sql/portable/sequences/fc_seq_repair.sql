-- Repairs one sequence, given the links that are not unused; no row if no column is left. As
-- src/sequences/repair.rs does.
CREATE FUNCTION @extschema@.fc_seq_repair(sequence oid, relations oid[], attributes int2[], kinds text[], drawings text[], reasons text[], in_blocks boolean[],
    head_relations oid[], head_attributes int2[], dry_run boolean, margin bigint, fence boolean)
RETURNS TABLE (outcome text, tab oid, old_next bigint, new_next bigint, detail text) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    f record;
    step record;
    again record;
    notes text[];
    problem text;
    q record;
    tables oid[];
BEGIN
    SELECT array_agg(c.relation ORDER BY c.place) AS relations, array_agg(c.attribute ORDER BY c.place) AS attributes,
           array_agg(c.relation ORDER BY c.place) FILTER (WHERE g.why IS NULL) AS fed, array_agg(c.attribute ORDER BY c.place) FILTER (WHERE g.why IS NULL) AS fed_attributes,
           array_agg(CASE WHEN u.head IS NOT NULL OR c.bound_low IS NULL THEN c.type_low ELSE greatest(c.type_low, c.bound_low) END ORDER BY c.place) FILTER (WHERE g.why IS NULL) AS lows,
           array_agg(CASE WHEN u.head IS NOT NULL OR c.bound_high IS NULL THEN c.type_high ELSE least(c.type_high, c.bound_high) END ORDER BY c.place) FILTER (WHERE g.why IS NULL) AS highs,
           array_agg(u.blocks ORDER BY c.place) FILTER (WHERE g.why IS NULL) AS blocks,
           coalesce(array_agg(format('%s was ignored: %s', c.label, g.why) ORDER BY c.place) FILTER (WHERE g.why IS NOT NULL), '{}') AS ignored
      INTO f
      FROM @extschema@.fc_seq_columns(relations, attributes) c
      JOIN unnest(kinds, drawings, reasons, in_blocks, head_relations, head_attributes) WITH ORDINALITY u (kind, drawing, reason, blocks, head, head_attribute, place) ON u.place = c.place
     CROSS JOIN LATERAL (
        SELECT CASE WHEN c.relkind = 'v' THEN 'the default belongs to a view, and which table''s column it feeds is not recorded'
                    WHEN c.is_other_temp THEN 'another session''s temporary table'
                    WHEN c.distributed IS NOT NULL THEN c.distributed
                    WHEN c.id_type IS NULL THEN 'the column''s type is not a number, or does not store the sequence''s values unchanged'
                    WHEN c.id_type = 'text' AND u.kind IN ('owned', 'by_name') THEN 'the column is text, and how an application derives it from the sequence''s values is not recorded'
                    WHEN u.drawing = 'unclear' THEN u.reason
                    WHEN u.drawing = 'shifted' THEN format('the default adds %s to the value that it draws', u.reason) END AS why) g
      -- The rows of a partition are read with those of its root.
     WHERE NOT (c.is_partition AND u.head IS NOT NULL AND EXISTS (SELECT FROM unnest(relations, attributes) o (r, a) WHERE o.r = u.head AND o.a = u.head_attribute));
    IF f.relations IS NULL THEN
        RETURN;
    END IF;
    SELECT c.relname, n.nspname, s.seqcache, s.seqcycle, CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END AS start INTO q
      FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE s.seqrelid = sequence;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    problem := @extschema@.fc_seq_grants(sequence, f.relations, f.attributes);
    IF problem IS NOT NULL THEN
        SELECT 'skipped' AS outcome, NULL::bigint AS old_next, NULL::bigint AS new_next, NULL::oid AS tab, ARRAY[problem] AS notes INTO step;
    ELSIF f.fed IS NULL THEN
        SELECT 'skipped' AS outcome, NULL::bigint AS old_next, NULL::bigint AS new_next, NULL::oid AS tab,
               f.ignored || @extschema@.fc_seq_manual(sequence, relations, attributes, kinds, drawings, reasons, in_blocks) AS notes INTO step;
    ELSE
        SELECT s.* INTO step FROM @extschema@.fc_seq_step(sequence, f.fed, f.fed_attributes, f.lows, f.highs, f.blocks, dry_run, margin) s;
        IF fence AND NOT dry_run THEN
            SELECT array_agg(DISTINCT x) INTO tables
              FROM @extschema@.fc_seq_storages(f.fed, f.fed_attributes) t CROSS JOIN LATERAL unnest(t.trees || t.relation) x;
            problem := @extschema@.fc_seq_fence(tables);
            IF problem IS NOT NULL THEN
                step.outcome := CASE WHEN step.outcome = 'unchanged' THEN 'skipped' ELSE step.outcome END;
                step.notes := step.notes || ('not fenced: ' || problem);
            ELSE
                SELECT s.* INTO again FROM @extschema@.fc_seq_step(sequence, f.fed, f.fed_attributes, f.lows, f.highs, f.blocks, dry_run, margin) s;
                IF step.outcome = 'advanced' AND again.outcome = 'advanced' THEN
                    again.old_next := step.old_next;
                    step := again;
                ELSIF step.outcome = 'advanced' THEN
                    step.notes := CASE WHEN cardinality(again.notes) > 0 THEN again.notes ELSE step.notes END;
                ELSE
                    step := again;
                END IF;
            END IF;
        END IF;
        step.notes := step.notes || f.ignored;
    END IF;
    outcome := step.outcome;
    tab := coalesce(step.tab, f.relations[1]);
    old_next := step.old_next;
    new_next := step.new_next;
    detail := @extschema@.fc_join(step.notes || CASE WHEN outcome <> 'unchanged' THEN
        @extschema@.fc_seq_properties(format('%I.%I', q.nspname, q.relname), q.seqcache, q.seqcycle, q.start) END);
    RETURN NEXT;
END $fn$;
