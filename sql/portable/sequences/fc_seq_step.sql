-- Looks at the ids of columns that a sequence feeds, decides and moves the sequence, as
-- src/sequences/repair.rs and verdict.rs do.
--
-- lows, highs: what each column can hold; in_blocks: whether values stand for blocks of ids there
CREATE FUNCTION @extschema@.fc_seq_step(sequence oid, relations oid[], attributes int2[], lows numeric[], highs numeric[], in_blocks boolean[], dry_run boolean, margin bigint)
RETURNS TABLE (outcome text, old_next bigint, new_next bigint, tab oid, notes text[]) LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    most_bytes CONSTANT bigint := @extschema@.fc_scan_limit();
    s record;
    p record;
    seq text := @extschema@.fc_relation(sequence);
    next numeric;
    block numeric;
    span_back numeric;
    span_ahead numeric;
    common_low numeric;
    common_high numeric;
    common_bound numeric;
    bound numeric;
    last numeric;
    must_pass boolean;
    failure text;
    tail numeric[];
    holders oid[];
    outliers numeric[] := '{}';
    furthest numeric;
    neighbour numeric;
    wanted numeric;
    landing numeric;
    steps numeric;
    anyway numeric;
    moved record;
    i int;
BEGIN
    outcome := 'skipped';
    notes := '{}';
    SELECT q.seqincrement::numeric AS inc, q.seqmin::numeric AS min, q.seqmax::numeric AS max, q.seqcycle AS cycle, q.seqcache AS cache, c.relname INTO s
      FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid WHERE q.seqrelid = sequence;
    SELECT r.* INTO p FROM @extschema@.fc_read(ARRAY[format('SELECT s.last_value, s.is_called::int FROM %s s', seq)],
        ARRAY[NULL::oid], ARRAY[NULL::oid], ARRAY[1], most_bytes) r;
    IF p.state IS NOT NULL THEN
        notes := ARRAY[@extschema@.fc_error(p.state, p.message, p.detail)];
        RETURN NEXT;
        RETURN;
    END IF;
    next := CASE WHEN p.b = 0 THEN p.a WHEN p.a + s.inc BETWEEN s.min AND s.max THEN p.a + s.inc
                 WHEN s.cycle THEN CASE WHEN s.inc > 0 THEN s.min ELSE s.max END END;
    old_next := next;
    new_next := next;
    block := abs(s.inc) - 1;
    span_ahead := CASE WHEN true = ANY (in_blocks) THEN block ELSE 0 END;
    span_back := CASE WHEN s.relname ILIKE '%hilo%' THEN 0 ELSE span_ahead END;
    -- The run up to the bound of the widest column that can still hold the next value, and the range
    -- that all of these can hold.
    SELECT max(f.low), min(f.high),
           (array_agg(CASE WHEN s.inc > 0 THEN least(f.high, s.max) ELSE greatest(f.low, s.min) END
                      ORDER BY abs(CASE WHEN s.inc > 0 THEN least(f.high, s.max) ELSE greatest(f.low, s.min) END - next) DESC))[1]
      INTO common_low, common_high, bound
      FROM unnest(lows, highs) f (low, high) WHERE next BETWEEN f.low AND f.high;
    IF common_low IS NULL THEN
        notes := ARRAY['exhausted: the next value does not exist or does not fit'];
        RETURN NEXT;
        RETURN;
    END IF;
    common_bound := CASE WHEN s.inc > 0 THEN least(common_high, s.max) ELSE greatest(common_low, s.min) END;
    last := CASE WHEN span_ahead = 0 THEN bound ELSE next + div(abs(bound - next), abs(s.inc)) * s.inc + sign(s.inc) * span_ahead END;
    WITH t AS MATERIALIZED (
        SELECT row_number() OVER () AS n, t.*, u.low, u.high, u.blocks, k.relowner, relations[t.root] AS feed
          FROM @extschema@.fc_seq_storages(relations, attributes) t
          JOIN unnest(lows, highs, in_blocks) WITH ORDINALITY u (low, high, blocks, place) ON u.place = t.root
          JOIN pg_class k ON k.oid = t.relation
    ), q AS MATERIALIZED (
        SELECT t.n, t.feed, t.weight,
               CASE WHEN t.risk IS NOT NULL
                    THEN format('%s belongs to another role, and its %s may run that role''s code with your privileges: run this as its owner: SET ROLE %s;', t.tab, t.risk, quote_ident(pg_get_userbyid(t.relowner)))
                    WHEN t.relkind = 'f' AND (most_bytes = 0 OR t.pages IS NULL OR t.pages * 8192 > most_bytes)
                    THEN format('no index of %s starts with the column, and %s', t.tab,
                        CASE WHEN most_bytes = 0 THEN 'reading a table as a whole is off (pg_flightcheck.scan_limit = 0)'
                             WHEN t.pages IS NULL THEN format('it was never analyzed, so its size is unknown; run ANALYZE %s;', t.tab)
                             ELSE format('the table has %s, above pg_flightcheck.scan_limit (%s)', @extschema@.fc_kilobytes(t.pages * 8192), @extschema@.fc_kilobytes(most_bytes)) END) END AS refusal,
               CASE WHEN t.relowner = ANY (ARRAY(SELECT o.oid FROM pg_roles o WHERE o.rolsuper OR o.rolname = current_user)) THEN NULL ELSE t.relation END AS untrusted,
               CASE WHEN (t.id_type = 'text' OR NOT t.has_index) AND t.relkind <> 'f' THEN t.relation END AS scanned, t.tab AS name,
               -- The first id in the way, then the furthest ones up to the bound.
               'SELECT ' || CASE WHEN next BETWEEN t.low AND t.high
                    THEN @extschema@.fc_seq_search(t.tab, t.col, t.id_type, s.inc < 0, CASE WHEN s.inc < 0 THEN t.nulls WHEN t.nulls = 'FIRST' THEN 'LAST' ELSE 'FIRST' END,
                        greatest(least(b.first, b.last), -9223372036854775808), least(greatest(b.first, b.last), 9223372036854775807),
                        CASE WHEN NOT t.blocks AND abs(s.inc) > 1 THEN abs(s.inc) END, next, NULL) ELSE 'NULL' END
               || ', NULL, NULL, NULL, '
               || @extschema@.fc_seq_search(t.tab, t.col, t.id_type, s.inc > 0, CASE WHEN s.inc > 0 THEN t.nulls WHEN t.nulls = 'FIRST' THEN 'LAST' ELSE 'FIRST' END,
                        CASE WHEN s.inc < 0 THEN greatest(last, -9223372036854775808) END, CASE WHEN s.inc > 0 THEN least(last, 9223372036854775807) END, NULL, NULL, 9) AS query
          FROM t
         CROSS JOIN LATERAL (
            SELECT CASE WHEN t.blocks THEN next - sign(s.inc) * CASE WHEN s.relname ILIKE '%hilo%' THEN 0 ELSE block END ELSE next END AS first,
                   CASE WHEN t.blocks AND block > 0 THEN next + div(abs(e.bound - next), abs(s.inc)) * s.inc + sign(s.inc) * block ELSE e.bound END AS last
              FROM (SELECT CASE WHEN s.inc > 0 THEN least(t.high, s.max) ELSE greatest(t.low, s.min) END AS bound) e) b
    ), r AS MATERIALIZED (
        SELECT q.feed, q.name, x.*
          FROM @extschema@.fc_read(ARRAY(SELECT q.query FROM q WHERE q.refusal IS NULL ORDER BY q.n), ARRAY(SELECT q.untrusted FROM q WHERE q.refusal IS NULL ORDER BY q.n),
                                   ARRAY(SELECT q.scanned FROM q WHERE q.refusal IS NULL ORDER BY q.n), ARRAY(SELECT q.weight FROM q WHERE q.refusal IS NULL ORDER BY q.n), most_bytes) x
          JOIN (SELECT o.*, row_number() OVER (ORDER BY o.n) AS place FROM q o WHERE o.refusal IS NULL) q ON q.place = x.place
    ), ids AS MATERIALIZED (
        SELECT u.id::numeric AS id, (array_agg(r.feed ORDER BY array_position(relations, r.feed)))[1] AS feed
          FROM r CROSS JOIN LATERAL unnest(r.ids) u (id) GROUP BY u.id
         ORDER BY u.id * sign(s.inc) DESC LIMIT 9
    )
    SELECT coalesce((SELECT bool_or(r.a IS NOT NULL) FROM r), false),
           coalesce((SELECT min(q.refusal) FROM q),
                    (SELECT CASE WHEN r.state = '54000' AND r.message IS NULL
                                 THEN format('no index of %s starts with the column, and %s', r.name,
                                      CASE WHEN most_bytes = 0 THEN 'reading a table as a whole is off (pg_flightcheck.scan_limit = 0)'
                                           ELSE format('the table has %s, above pg_flightcheck.scan_limit (%s)', @extschema@.fc_kilobytes(r.a), @extschema@.fc_kilobytes(most_bytes)) END)
                                 ELSE @extschema@.fc_error(r.state, r.message, r.detail) END
                       FROM r WHERE r.state IS NOT NULL LIMIT 1)),
           coalesce((SELECT array_agg(i.id ORDER BY i.id * sign(s.inc) DESC) FROM ids i), '{}'),
           (SELECT array_agg(i.feed ORDER BY i.id * sign(s.inc) DESC) FROM ids i)
      INTO must_pass, failure, tail, holders;
    IF failure IS NOT NULL THEN
        old_next := NULL;
        new_next := NULL;
        notes := ARRAY[failure];
        RETURN NEXT;
        RETURN;
    END IF;
    IF NOT must_pass AND (margin = 0 OR s.cycle) THEN
        outcome := 'unchanged';
        RETURN NEXT;
        RETURN;
    END IF;
    IF s.cycle THEN
        notes := ARRAY['a sequence with CYCLE generates used ids by design and is never moved'];
        RETURN NEXT;
        RETURN;
    END IF;
    -- An id is an outlier if the gap to its nearest neighbor is wider than half of what is left.
    furthest := tail[1];
    FOR i IN 1 .. least(8, cardinality(tail)) LOOP
        neighbour := CASE WHEN tail[i + 1] IS NULL THEN -1
                          ELSE greatest((tail[i + 1] - next) * sign(s.inc), -abs(s.inc) - margin - span_back) END;
        IF ((tail[i] - next) * sign(s.inc) - neighbour) * 2 > abs(bound - next) + 1 THEN
            outliers := tail[1:i];
            furthest := tail[i + 1];
            EXIT;
        END IF;
    END LOOP;
    IF cardinality(outliers) > 0 THEN
        anyway := next + div(greatest((outliers[1] - next) * sign(s.inc) + span_back + 1, 0) + abs(s.inc) - 1, abs(s.inc)) * s.inc;
        notes := ARRAY[
            format('%s %s %s not passed, since more than half of what the sequence has left up to %s separates %s from all others',
                CASE WHEN cardinality(outliers) = 1 THEN 'id' ELSE 'ids' END, array_to_string(outliers, ', '),
                CASE WHEN cardinality(outliers) = 1 THEN 'is' ELSE 'are' END, bound, CASE WHEN cardinality(outliers) = 1 THEN 'it' ELSE 'them' END),
            @extschema@.fc_seq_pass_anyway(seq, CASE WHEN anyway BETWEEN least(next, common_bound) AND greatest(next, common_bound) THEN anyway - s.inc END, s.inc)];
    END IF;
    -- The first value whose ids all lie more than the margin beyond.
    wanted := CASE WHEN furthest IS NOT NULL THEN
        next + div(greatest((furthest - next) * sign(s.inc) + margin + span_back + 1, 0) + abs(s.inc) - 1, abs(s.inc)) * s.inc END;
    IF furthest IS NULL OR wanted = next THEN
        outcome := CASE WHEN cardinality(outliers) > 0 THEN 'skipped' ELSE 'unchanged' END;
        RETURN NEXT;
        RETURN;
    END IF;
    IF wanted NOT BETWEEN least(next, common_bound) AND greatest(next, common_bound)
        OR cardinality(outliers) > 0 AND (wanted - next) * sign(s.inc) + span_ahead >= (outliers[cardinality(outliers)] - next) * sign(s.inc) THEN
        bound := CASE WHEN wanted BETWEEN least(next, common_bound) AND greatest(next, common_bound) THEN outliers[cardinality(outliers)] ELSE common_bound END;
        notes := ARRAY[CASE WHEN margin > 0 THEN format('ids reach %s, and a margin of %s leaves no value up to %s', furthest, margin, bound)
            ELSE format('ids reach %s, and the sequence or a column''s type ends at %s: passing them would leave no value. Make room first, or delete rows', furthest, bound) END];
        RETURN NEXT;
        RETURN;
    END IF;
    -- Drawing the last values takes as many as the sequence caches at a time.
    steps := ceil((wanted - s.inc - CASE p.b WHEN 1 THEN p.a ELSE p.a - s.inc END) / s.inc);
    landing := CASE WHEN s.cache > 1 AND steps <= 100000
                    THEN wanted + (ceil(steps / s.cache) * s.cache - steps) * s.inc ELSE wanted END;
    IF landing NOT BETWEEN least(next, common_bound) AND greatest(next, common_bound)
        OR cardinality(outliers) > 0 AND (landing - next) * sign(s.inc) + span_ahead >= (outliers[cardinality(outliers)] - next) * sign(s.inc) THEN
        notes := ARRAY[format('drawing values %s at a time would use up what is left beyond %s', s.cache, furthest), @extschema@.fc_seq_pass_anyway(seq, wanted - s.inc, s.inc)];
        RETURN NEXT;
        RETURN;
    END IF;
    tab := holders[array_position(tail, furthest)];
    IF dry_run THEN
        outcome := 'would_advance';
        new_next := landing;
        RETURN NEXT;
        RETURN;
    END IF;
    BEGIN
        SELECT a.* INTO moved FROM @extschema@.fc_seq_advance(sequence, s.inc, (wanted - s.inc)::bigint) a;
        EXECUTE format('SELECT s.last_value, s.is_called FROM %s s', seq) INTO p;
    EXCEPTION WHEN OTHERS THEN
        notes := ARRAY[@extschema@.fc_error(sqlstate, sqlerrm, NULL)];
        RETURN NEXT;
        RETURN;
    END;
    outcome := CASE WHEN (p.last_value, p.is_called) = (moved.last_value, moved.is_called) THEN 'unchanged' ELSE 'advanced' END;
    old_next := CASE WHEN moved.is_called THEN moved.last_value::numeric + s.inc ELSE moved.last_value END;
    new_next := CASE WHEN p.is_called THEN p.last_value::numeric + s.inc ELSE p.last_value END;
    IF outcome = 'unchanged' THEN
        notes := '{}';
        tab := NULL;
    END IF;
    RETURN NEXT;
END $fn$;
