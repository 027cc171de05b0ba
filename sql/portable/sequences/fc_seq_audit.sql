-- Returns the rows of seq_audit for a schema or a table, or for all schemas except the system's, and
-- what seq_assert and the checks need besides. tab is the table's name or, without one, the
-- sequence's.
CREATE FUNCTION @extschema@.fc_seq_audit(schema oid, target oid DEFAULT NULL)
RETURNS TABLE (status text, relation oid, col text, tab text, sequence oid, next_value bigint, max_id bigint, behind_by bigint, inserts_left bigint, used_basis int,
    kind text, detail text, fix text, is_subscriber boolean, is_declined boolean, is_partly_unknown boolean, lacks_privilege boolean, attribute int2)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH v AS MATERIALIZED (
        SELECT * FROM @extschema@.fc_seq_verdicts(schema, target) w WHERE w.is_covered OR schema IS NOT NULL OR target IS NOT NULL
    ), linked AS MATERIALIZED (
        -- The rows of a partition are read with those of its topmost ancestor. Another session's
        -- temporary table cannot be read: it is left out of the verdict on the hierarchy.
        SELECT v.*, h.place AS head
          FROM v LEFT JOIN v h ON v.head_relation IS NOT NULL AND NOT v.is_other_temp AND h.sequence = v.sequence AND h.relation = v.head_relation AND h.attribute = v.head_attribute
         WHERE v.relation IS NOT NULL
           AND NOT (v.is_partition AND EXISTS (SELECT FROM v o WHERE o.sequence = v.sequence AND o.relation = v.head_relation AND o.attribute = v.head_attribute))
    ), folded AS MATERIALIZED (
        SELECT g.head, f.*, g.next_value, g.left_min, g.basis, g.lacks, (g.subscribed)[f.worst_place] AS is_subscriber
          FROM (SELECT coalesce(l.head, l.place) AS head, bool_or(l.is_ascending) AS is_ascending,
                       array_agg(l.status ORDER BY l.head NULLS FIRST, l.place) AS statuses, array_agg(l.tab ORDER BY l.head NULLS FIRST, l.place) AS tabs,
                       array_agg(l.detail ORDER BY l.head NULLS FIRST, l.place) AS details, array_agg(l.fix ORDER BY l.head NULLS FIRST, l.place) AS fixes,
                       array_agg(l.max_id ORDER BY l.head NULLS FIRST, l.place) AS max_ids, array_agg(l.behind_by ORDER BY l.head NULLS FIRST, l.place) AS behind,
                       array_agg(l.inserts_left ORDER BY l.head NULLS FIRST, l.place) AS lefts, array_agg(l.values_to_pass ORDER BY l.head NULLS FIRST, l.place) AS to_pass,
                       array_agg(l.relation ORDER BY l.head NULLS FIRST, l.place) AS relations, array_agg(l.is_subscriber ORDER BY l.head NULLS FIRST, l.place) AS subscribed,
                       (array_agg(l.next_value ORDER BY l.head NULLS FIRST, l.place) FILTER (WHERE l.next_value IS NOT NULL))[1] AS next_value,
                       min(l.inserts_left) AS left_min, max(l.used_basis) AS basis, bool_or(l.lacks_privilege) AS lacks
                  FROM linked l
                 WHERE l.head IS NOT NULL OR EXISTS (SELECT FROM linked o WHERE o.head = l.place)
                 GROUP BY coalesce(l.head, l.place)) g
         CROSS JOIN LATERAL @extschema@.fc_seq_fold(g.statuses, g.tabs, g.details, g.fixes, g.max_ids, g.behind, g.lefts, g.to_pass, g.relations, g.is_ascending) f
    ), rows AS MATERIALIZED (
        SELECT coalesce(f.status, l.status) AS status, l.relation, l.attribute, l.col, l.tab, l.sequence,
               CASE WHEN f.head IS NULL THEN l.next_value ELSE f.next_value END AS next_value,
               CASE WHEN f.head IS NULL THEN l.max_id ELSE f.max_id END AS max_id,
               CASE WHEN f.head IS NULL THEN l.behind_by ELSE f.behind_by END AS behind_by,
               CASE WHEN f.head IS NULL THEN l.inserts_left WHEN f.status <> 'unknown' THEN f.left_min END AS inserts_left,
               CASE WHEN f.head IS NULL THEN l.used_basis ELSE f.basis END AS used_basis, l.kind,
               CASE WHEN f.head IS NULL THEN l.detail ELSE f.detail END AS detail,
               CASE WHEN f.head IS NULL THEN l.fix ELSE f.fix END AS fix,
               coalesce(f.is_subscriber, l.is_subscriber) AS is_subscriber, coalesce(f.is_partly_unknown, false) AS is_partly_unknown,
               coalesce(f.lacks, l.lacks_privilege) AS lacks_privilege
          FROM linked l LEFT JOIN folded f ON f.head = l.place
         WHERE l.head IS NULL
        UNION ALL
        SELECT u.status, NULL, NULL, NULL, v.tab, v.sequence, u.next_value, u.max_id, u.behind_by, NULL, NULL, 'none', u.detail, u.fix, false, false, u.lacks_privilege
          FROM v CROSS JOIN LATERAL @extschema@.fc_seq_unlinked(v.sequence, v.candidate_relations, v.candidate_attributes, v.is_outstanding) u
         WHERE v.relation IS NULL
    ), declined AS MATERIALIZED (
        -- A far collision for which seq_resync would not move the sequence.
        SELECT d.sequence, @extschema@.fc_seq_declined(d.sequence) AS reason
          FROM (SELECT DISTINCT r.sequence FROM rows r WHERE r.status = 'behind' AND r.inserts_left > 1000000) d
    )
    SELECT r.status, r.relation, r.col, r.tab, r.sequence, r.next_value, r.max_id, r.behind_by, r.inserts_left, r.used_basis, r.kind,
           CASE WHEN d.reason IS NULL THEN r.detail ELSE concat_ws('; ', r.detail, 'seq_resync does not move it: ' || d.reason) END,
           CASE WHEN d.reason IS NULL THEN r.fix END, r.is_subscriber, d.reason IS NOT NULL, r.is_partly_unknown, r.lacks_privilege, r.attribute
      FROM rows r LEFT JOIN declined d ON d.sequence = r.sequence AND r.status = 'behind' AND r.inserts_left > 1000000;
END $fn$;
