-- Judges a sequence that no column is known to draw from: the columns that it may feed, and how far
-- their ids reach, as src/sequences/candidates.rs does.
CREATE FUNCTION @extschema@.fc_seq_unlinked(sequence oid, relations oid[], attributes int2[], is_outstanding boolean)
RETURNS TABLE (status text, next_value bigint, max_id bigint, behind_by bigint, detail text, fix text, lacks_privilege boolean)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    is_known boolean;
    s record;
    p record;
    run_first numeric;
    reached record;
    unread int;
    seq text := @extschema@.fc_relation(sequence);
    block numeric;
    parts text[] := '{}';
BEGIN
    SELECT q.seqincrement::numeric AS inc, q.seqmin::numeric AS min, q.seqmax::numeric AS max, q.seqcache, q.seqcycle, c.relname, c.relowner, n.oid AS namespace,
           has_sequence_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') AS may_select, has_sequence_privilege(c.oid, 'USAGE, SELECT') AS may_read
      INTO s
      FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE q.seqrelid = sequence;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    status := 'unlinked';
    lacks_privilege := false;
    IF coalesce(cardinality(relations), 0) = 0 THEN
        detail := 'no column is known to draw from it, and its name fits none';
    END IF;
    is_known := s.may_read;
    IF is_known THEN
        SELECT r.* INTO p FROM @extschema@.fc_read(
            ARRAY[CASE WHEN s.may_select THEN format('SELECT s.last_value, s.is_called::int FROM %s s', seq)
                       ELSE format('SELECT v, CASE WHEN v IS NOT NULL THEN 1 END FROM pg_sequence_last_value(%L::oid::regclass) v', sequence) END],
            ARRAY[NULL::oid], ARRAY[NULL::oid], ARRAY[1], 1) r;
        IF p.state IS NOT NULL THEN
            status := 'unknown';
            detail := @extschema@.fc_error(p.state, p.message, p.detail);
            RETURN NEXT;
            RETURN;
        END IF;
        is_known := p.a IS NOT NULL;
    END IF;
    IF NOT is_known THEN
        IF detail IS NULL THEN
            status := 'unknown';
            detail := 'no SELECT or USAGE privilege on the sequence';
            fix := format('GRANT SELECT ON SEQUENCE %s TO %I;', seq, current_user);
            lacks_privilege := true;
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;
    run_first := CASE WHEN p.b = 0 THEN p.a WHEN p.a + s.inc BETWEEN s.min AND s.max THEN p.a + s.inc
                      WHEN s.seqcycle THEN CASE WHEN s.inc > 0 THEN s.min ELSE s.max END END;
    next_value := run_first;
    block := CASE WHEN s.relname ILIKE '%hilo%' THEN 0 ELSE abs(s.inc) - 1 END;
    IF detail IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    WITH c AS MATERIALIZED (
        SELECT c.* FROM @extschema@.fc_seq_columns(relations, attributes) c WHERE c.id_type IS NOT NULL
    ), t AS MATERIALIZED (
        SELECT c.place, c.label, c.relation AS root, row_number() OVER () AS n, t.*
          FROM c LEFT JOIN @extschema@.fc_seq_storages(relations, attributes) t ON t.root = c.place
         WHERE c.hidden IS NULL AND c.distributed IS NULL
    ), q AS MATERIALIZED (
        SELECT t.place, row_number() OVER (ORDER BY t.n) AS n, 'SELECT ' || @extschema@.fc_seq_search(t.tab, t.col, t.id_type, s.inc > 0,
                   CASE WHEN s.inc > 0 THEN t.nulls WHEN t.nulls = 'FIRST' THEN 'LAST' ELSE 'FIRST' END, NULL, NULL, NULL, NULL, NULL) AS query,
               CASE WHEN k.relowner = ANY (ARRAY(SELECT o.oid FROM pg_roles o WHERE o.rolsuper OR o.rolname = current_user)) THEN NULL ELSE k.oid END AS untrusted,
               CASE WHEN (t.id_type = 'text' OR NOT t.has_index) AND t.relkind <> 'f' THEN t.relation END AS scanned, t.weight
          FROM t JOIN pg_class k ON k.oid = t.relation WHERE t.risk IS NULL AND t.relkind <> 'f'
    ), r AS MATERIALIZED (
        SELECT q.place, x.a, x.state
          FROM @extschema@.fc_read(ARRAY(SELECT q.query FROM q ORDER BY q.n), ARRAY(SELECT q.untrusted FROM q ORDER BY q.n), ARRAY(SELECT q.scanned FROM q ORDER BY q.n),
                                   ARRAY(SELECT q.weight FROM q ORDER BY q.n), @extschema@.fc_scan_limit()) x JOIN q ON q.n = x.place
    ), columns AS MATERIALIZED (
        SELECT c.place, c.label,
               c.hidden IS NOT NULL OR c.distributed IS NOT NULL OR EXISTS (SELECT FROM r WHERE r.place = c.place AND r.state IS NOT NULL)
               OR EXISTS (SELECT FROM t WHERE t.place = c.place AND t.relation IS NOT NULL AND (t.risk IS NOT NULL OR t.relkind = 'f')) AS is_unread,
               (SELECT CASE WHEN s.inc > 0 THEN max(r.a) ELSE min(r.a) END FROM r WHERE r.place = c.place) AS furthest
          FROM c
    )
    SELECT count(*) FILTER (WHERE k.is_unread) AS unread, count(*) FILTER (WHERE NOT k.is_unread) AS read,
           array_agg(k.label || CASE WHEN k.furthest IS NULL THEN ' (no ids)' ELSE format(' (ids up to %s)', k.furthest) END
                     ORDER BY CASE WHEN s.inc > 0 THEN -k.furthest ELSE k.furthest END NULLS LAST, k.place) FILTER (WHERE NOT k.is_unread) AS labels,
           array_agg(k.furthest::numeric ORDER BY CASE WHEN s.inc > 0 THEN -k.furthest ELSE k.furthest END NULLS LAST, k.place) FILTER (WHERE NOT k.is_unread AND k.furthest IS NOT NULL) AS ids,
           min(k.label) AS label
      INTO reached FROM columns k;
    unread := reached.unread;
    max_id := reached.ids[1];
    IF reached.read > 0 THEN
        -- Ids before the next value do not count: they belong to an application that takes a value
        -- for the ids after it.
        behind_by := CASE WHEN max_id IS NULL OR run_first IS NULL OR (max_id - run_first) * sign(s.inc) < 0 THEN 0
            ELSE least(div(least(abs(max_id - run_first), abs(CASE WHEN s.inc > 0 THEN s.max ELSE s.min END - run_first) + block) + block, abs(s.inc)) + 1,
                       div(abs(CASE WHEN s.inc > 0 THEN s.max ELSE s.min END - run_first), abs(s.inc)) + 1, 9223372036854775807) END;
    ELSIF unread > 0 THEN
        status := 'unknown';
    END IF;
    detail := concat_ws('; ', 'no column is known to draw from it', @extschema@.fc_list('it may feed', reached.labels),
        CASE unread WHEN 0 THEN NULL WHEN 1 THEN '1 column that it may feed could not be read' ELSE format('%s columns that it may feed could not be read', unread) END,
        CASE WHEN EXISTS (SELECT FROM unnest(reached.ids) i WHERE (i - run_first) * sign(s.inc) >= 0) THEN format('ids reach beyond the next value, %s', run_first)
             WHEN EXISTS (SELECT FROM unnest(reached.ids) i WHERE (i - run_first) * sign(s.inc) >= -block)
             THEN format('ids lie in the block of %s that the next value, %s, may end', block + 1, run_first) END,
        @extschema@.fc_seq_properties(seq, s.seqcache, s.seqcycle, CASE WHEN s.inc > 0 THEN s.min ELSE s.max END));
    IF is_outstanding AND unread = 0 AND EXISTS (SELECT FROM pg_class c WHERE c.oid = relations[1] AND c.relowner = s.relowner AND c.relnamespace = s.namespace) THEN
        fix := format('ALTER SEQUENCE %s OWNED BY %s;', seq, @extschema@.fc_column(relations[1], attributes[1]));
    END IF;
    RETURN NEXT;
END $fn$;
