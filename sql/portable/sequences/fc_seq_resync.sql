-- Moves the sequences in scope past the used ids; the rows of seq_resync in their order.
--
-- nextval and setval keep their lock on a sequence, which no insert waits for, until the end of the
-- transaction. So that the lock table does not fill up, a call moves a limited number of sequences.
CREATE FUNCTION @extschema@.fc_seq_resync(schema oid, target oid, dry_run boolean, margin bigint, fence boolean)
RETURNS TABLE (outcome text, tab oid, sequence oid, old_next bigint, new_next bigint, detail text) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    most CONSTANT int := greatest(current_setting('max_locks_per_transaction')::int * current_setting('max_connections')::int / 4, 64);
    moved int := 0;
    s record;
    r record;
    message text;
    state text;
    note text;
BEGIN
    FOR s IN
        WITH m AS MATERIALIZED (
            SELECT * FROM @extschema@.fc_seq_measure(schema, target)
        ), wanted AS MATERIALIZED (
            SELECT DISTINCT m.sequence FROM m WHERE m.is_covered AND m.relation IS NOT NULL AND m.sequence IS NOT NULL
        )
        SELECT NULL::oid AS sequence, m.relation, m.obstacle AS reason, NULL::bigint AS next, NULL::boolean AS is_settled, NULL::oid[] AS relations, NULL::int2[] AS attributes, NULL::text[] AS kinds,
               NULL::text[] AS drawings, NULL::text[] AS reasons, NULL::boolean[] AS in_blocks, NULL::oid[] AS head_relations, NULL::int2[] AS head_attributes, m.is_outstanding, m.tab AS name
          FROM m WHERE m.is_covered AND m.relation IS NOT NULL AND m.sequence IS NULL
        UNION ALL
        SELECT m.sequence, NULL, NULL, NULL, NULL, m.candidate_relations, m.candidate_attributes, NULL, NULL, NULL, NULL, NULL, NULL, m.is_outstanding, m.seq
          FROM m WHERE m.is_covered AND m.relation IS NULL
        UNION ALL
        SELECT w.sequence, min(m.relation), NULL, min(m.next),
               bool_and(m.obstacle IS NULL AND m.collision IS NULL AND m.next BETWEEN m.low AND m.high) AND margin = 0 AND (dry_run OR NOT fence)
               AND has_sequence_privilege(w.sequence, 'UPDATE') AND has_sequence_privilege(w.sequence, 'SELECT'),
               array_agg(m.relation ORDER BY m.place), array_agg(m.attribute ORDER BY m.place), array_agg(m.kind ORDER BY m.place), array_agg(m.drawing ORDER BY m.place),
               array_agg(m.reason ORDER BY m.place), array_agg(m.in_blocks ORDER BY m.place), array_agg(m.head_relation ORDER BY m.place), array_agg(m.head_attribute ORDER BY m.place), NULL, min(m.seq)
          FROM wanted w JOIN m ON m.sequence = w.sequence WHERE m.drawing <> 'unused'
         GROUP BY w.sequence
    LOOP
        sequence := s.sequence;
        IF s.sequence IS NULL THEN
            outcome := 'skipped';
            tab := s.relation;
            old_next := NULL;
            new_next := NULL;
            detail := s.reason;
            RETURN NEXT;
        ELSIF s.kinds IS NULL THEN
            -- A sequence that may be behind some column.
            FOR r IN SELECT u.* FROM @extschema@.fc_seq_unlinked(s.sequence, s.relations, s.attributes, s.is_outstanding) u WHERE u.behind_by > 0 LOOP
                outcome := 'skipped';
                tab := NULL;
                old_next := r.next_value;
                new_next := r.next_value;
                detail := @extschema@.fc_join(ARRAY[r.detail, 'to assign it to the column: ' || r.fix]);
                RETURN NEXT;
            END LOOP;
        ELSIF s.is_settled THEN
            outcome := 'unchanged';
            tab := s.relations[1];
            old_next := s.next;
            new_next := s.next;
            detail := NULL;
            RETURN NEXT;
        ELSE
            BEGIN
                SELECT p.* INTO r
                  FROM @extschema@.fc_seq_repair(s.sequence, s.relations, s.attributes, s.kinds, s.drawings, s.reasons, s.in_blocks, s.head_relations, s.head_attributes,
                       dry_run OR moved >= most, margin, fence) p;
                CONTINUE WHEN NOT FOUND;
                outcome := r.outcome;
                tab := r.tab;
                old_next := r.old_next;
                new_next := r.new_next;
                detail := r.detail;
                IF outcome = 'would_advance' AND NOT dry_run THEN
                    outcome := 'skipped';
                    new_next := old_next;
                    detail := format('%s sequences were moved in this transaction, and their locks last until its end: commit, and run it again', most);
                END IF;
                moved := moved + CASE WHEN outcome = 'advanced' THEN 1 ELSE 0 END;
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, note = PG_EXCEPTION_DETAIL;
                CONTINUE WHEN NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = s.sequence);
                outcome := 'skipped';
                tab := s.relations[1];
                old_next := NULL;
                new_next := NULL;
                detail := @extschema@.fc_error(state, message, note);
            END;
            RETURN NEXT;
        END IF;
    END LOOP;
END $fn$;
