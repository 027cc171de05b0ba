-- Judges each link of fc_seq_measure, and words detail and fix, as src/sequences/verdict.rs and
-- explain.rs do.
--
-- values_to_pass: how many values the sequence has to skip to pass every id of the column
CREATE FUNCTION @extschema@.fc_seq_verdicts(schema oid, target oid)
RETURNS TABLE (place bigint, is_covered boolean, status text, relation oid, attribute int2, col text, tab text, sequence oid, next_value bigint, max_id bigint, behind_by bigint,
    inserts_left bigint, used_basis int, kind text, detail text, fix text, head_relation oid, head_attribute int2, values_to_pass numeric, is_subscriber boolean,
    lacks_privilege boolean, is_other_temp boolean, is_partition boolean, is_ascending boolean, candidate_relations oid[], candidate_attributes int2[], is_outstanding boolean)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    subscribed oid[];
    subscriptions text[];
BEGIN
    SELECT array_agg(q.relation), array_agg(array_to_string(ARRAY(SELECT quote_ident(n) FROM unnest(q.names) n), ', ') || CASE WHEN cardinality(q.names) = 1 THEN ' feeds' ELSE ' feed' END)
      INTO subscribed, subscriptions
      FROM (
        @queries/subscribed_tables.sql@
      ) q (relation, names);
    RETURN QUERY
    WITH m AS MATERIALIZED (
        SELECT * FROM @extschema@.fc_seq_measure(schema, target)
    ), sharing AS MATERIALIZED (
        SELECT l.sequence, array_agg(l.relation ORDER BY l.place) AS relations, array_agg(l.attribute ORDER BY l.place) AS attributes, array_agg(l.label ORDER BY l.place) AS labels
          FROM m l WHERE l.drawing <> 'unused' AND l.head_relation IS NULL AND l.sequence IS NOT NULL
         GROUP BY l.sequence HAVING count(*) > 1 OR bool_or(EXISTS (SELECT FROM m o WHERE o.sequence = l.sequence AND o.head_relation IS NOT NULL))
    ), n AS MATERIALIZED (
        SELECT m.*, m.increment > 0 AS is_ascending, abs(m.increment) AS step,
               m.obstacle IS NULL AND m.relation IS NOT NULL AND m.drawing <> 'unused' AS is_judged,
               m.next IS NOT NULL AND m.next BETWEEN m.low AND m.high AS has_run,
               greatest(m.low, m.min) AS allowed_low, least(m.high, m.max) AS allowed_high
          FROM m
    ), r AS MATERIALIZED (
        SELECT n.*, CASE WHEN n.is_ascending THEN n.allowed_high ELSE n.allowed_low END AS bound,
               CASE WHEN n.is_ascending THEN n.collision - n.next ELSE n.next - n.collision END AS to_collision,
               CASE WHEN n.is_ascending THEN n.furthest_in_run - n.next ELSE n.next - n.furthest_in_run END AS to_furthest,
               CASE WHEN n.is_ascending THEN n.high < n.max ELSE n.low > n.min END AS is_narrower,
               n.bound_low IS NOT NULL AND CASE WHEN n.is_ascending THEN n.bound_high = n.high ELSE n.bound_low = n.low END AS is_checked
          FROM n
    ), v AS MATERIALIZED (
        SELECT r.*, l.values, CASE WHEN r.to_furthest IS NOT NULL THEN least(div(r.to_furthest + r.back, r.step) + 1, l.values, 9223372036854775807) END AS to_pass,
               CASE WHEN NOT r.has_run THEN 10000
                    ELSE least(div(greatest(CASE WHEN r.is_ascending THEN r.next - r.allowed_low ELSE r.allowed_high - r.next END, 0) * 10000,
                                   greatest(r.allowed_high - r.allowed_low + 1, 1)), 10000) END AS basis,
               r.cycle AND r.low <= r.min AND r.high >= r.max AS wraps
          FROM r CROSS JOIN LATERAL (SELECT least(div(abs(r.bound - r.next), r.step) + 1, 9223372036854775807) AS values) l
    ), s AS MATERIALIZED (
        SELECT v.*, CASE WHEN v.drawing = 'unused' AND v.obstacle IS NULL THEN 'unused'
                         WHEN NOT v.is_judged THEN 'unknown'
                         WHEN NOT v.has_run THEN 'exhausted'
                         WHEN v.collision IS NOT NULL THEN 'behind'
                         WHEN NOT v.wraps AND v.basis >= 9000 THEN 'near_limit'
                         WHEN v.is_unlogged AND v.is_permanent THEN 'unlogged'
                         ELSE 'ok' END AS state
          FROM v
    ), e AS MATERIALIZED (
        SELECT s.*, CASE s.state WHEN 'behind' THEN least(div(greatest(s.to_collision - s.ahead, 0) + s.step - 1, s.step), 9223372036854775807)
                                 WHEN 'exhausted' THEN 0
                                 ELSE CASE WHEN s.is_judged AND NOT s.wraps THEN s.values END END AS inserts,
               -- Values that a CHECK constraint allows, if the sequence has not reached them.
               CASE WHEN s.state = 'exhausted' AND s.bound_low IS NOT NULL
                         AND CASE WHEN s.is_ascending THEN s.next < s.bound_low ELSE s.next > s.bound_high END
                    THEN s.next + s.increment * div(abs(CASE WHEN s.is_ascending THEN s.allowed_low ELSE s.allowed_high END - s.next) + s.step - 1, s.step) END AS first_allowed,
               @extschema@.fc_list('also feeds', CASE WHEN h.labels IS NOT NULL THEN
                    ARRAY(SELECT o.label FROM unnest(h.relations, h.attributes, h.labels) WITH ORDINALITY o (relation, attribute, label, place)
                           WHERE (o.relation, o.attribute) <> (coalesce(s.head_relation, s.relation), coalesce(s.head_attribute, s.attribute)) ORDER BY o.place) END) AS shared
          FROM s LEFT JOIN sharing h ON h.sequence = s.sequence
    ), x AS MATERIALIZED (
        SELECT e.*, CASE WHEN e.first_allowed BETWEEN e.allowed_low AND e.allowed_high THEN
                        format('values are allowed from %s on: run ALTER SEQUENCE %s RESTART WITH %s; and then seq_resync', e.first_allowed, e.seq, e.first_allowed) END AS skip_ahead,
               CASE WHEN e.state = 'behind' AND NOT e.cycle THEN format('SELECT * FROM @extschema@.seq_resync_table(%s);', @extschema@.fc_literal(e.tab)) END AS resync,
               -- Room for more values: a wider column, or a wider sequence.
               CASE WHEN e.state IN ('exhausted', 'near_limit') THEN
                    CASE WHEN e.is_narrower AND e.is_checked THEN NULL
                         WHEN (e.low <> -9223372036854775808 OR e.high <> 9223372036854775807)
                              AND (e.is_narrower OR CASE WHEN e.is_ascending THEN e.max >= e.high ELSE e.min <= e.low END)
                         THEN CASE WHEN e.type_oid IN (21, 23) AND NOT e.is_inherited AND e.relkind <> 'f'
                                   THEN format('ALTER TABLE %s ALTER COLUMN %s TYPE bigint;', e.tab, e.col)
                                        || CASE WHEN e.seq_type = 20 OR e.identity <> '' THEN '' ELSE format(' ALTER SEQUENCE %s AS bigint;', e.seq) END END
                         WHEN CASE WHEN e.is_ascending THEN e.max >= CASE e.seq_type WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END
                                   ELSE e.min <= CASE e.seq_type WHEN 21 THEN -32768 WHEN 23 THEN -2147483648 ELSE -9223372036854775808 END END
                         THEN CASE WHEN e.seq_type <> 20 THEN format('ALTER SEQUENCE %s AS bigint;', e.seq) END
                         ELSE format('ALTER SEQUENCE %s NO %s;', e.seq, CASE WHEN e.is_ascending THEN 'MAXVALUE' ELSE 'MINVALUE' END) END END AS widen,
               (SELECT u.feeding FROM unnest(subscribed, subscriptions) u (relation, feeding) WHERE e.state = 'behind' AND u.relation = e.relation) AS feeding
          FROM e
    )
    SELECT x.place, x.is_covered, x.state, x.relation, x.attribute, x.col, coalesce(x.tab, x.seq), x.sequence, x.next::bigint,
           CASE WHEN x.is_judged THEN x.furthest::bigint END,
           (CASE x.state WHEN 'behind' THEN x.to_pass WHEN 'unknown' THEN NULL WHEN 'unused' THEN NULL ELSE 0 END)::bigint,
           x.inserts::bigint, CASE WHEN x.is_judged THEN x.basis::int END, x.kind,
           CASE WHEN x.state = 'unknown' THEN x.obstacle
                WHEN x.state = 'unused' THEN 'owned by the column, whose default does not draw from it'
                ELSE nullif(concat_ws('; ',
                    CASE x.state
                        WHEN 'behind' THEN @extschema@.fc_seq_behind(x.inserts, x.ahead + 1, x.is_unique,
                            CASE WHEN NOT x.is_unique THEN @extschema@.fc_seq_duplicate(x.relation, x.attribute) END, x.relkind = 'p')
                        WHEN 'exhausted' THEN
                            CASE WHEN x.next IS NULL AND x.is_ascending THEN format('the sequence has reached its maximum, %s', x.max)
                                 WHEN x.next IS NULL THEN format('the sequence has reached its minimum, %s', x.min)
                                 WHEN x.next NOT BETWEEN x.bound_low AND x.bound_high THEN format('the next value, %s, violates a CHECK constraint on the column', x.next)
                                 ELSE format('the next value, %s, does not fit the column''s type', x.next) END
                        WHEN 'near_limit' THEN
                            CASE WHEN x.is_narrower THEN format('%s ends at %s', CASE WHEN x.is_checked THEN 'a CHECK constraint on the column' ELSE 'the column''s type' END,
                                      CASE WHEN x.is_ascending THEN x.high ELSE x.low END)
                                 ELSE format('the sequence ends at %s', CASE WHEN x.is_ascending THEN x.max ELSE x.min END) END
                        WHEN 'unlogged' THEN 'a crash resets the unlogged sequence, but not the table''s rows' END,
                    CASE WHEN x.state = 'behind' AND x.to_furthest < 0 THEN 'this happens only if the value stands for the ids before it, as with Hibernate''s pooled optimizer, and not in an application that uses the ids after it' END,
                    CASE WHEN x.feeding IS NOT NULL THEN format('%s %s the table, so the sequence is behind until the cut-over%s',
                        CASE WHEN x.feeding ~ 'feeds$' THEN 'subscription' ELSE 'subscriptions' END, x.feeding,
                        CASE WHEN x.resync IS NOT NULL THEN '; once the last change has arrived, run ' || x.resync ELSE '' END) END,
                    CASE x.kind WHEN 'owned' THEN 'the column has no default: what draws from its sequence is not recorded'
                                WHEN 'by_name' THEN format('linked only by its name; to confirm that: ALTER SEQUENCE %s OWNED BY %s;', x.seq,
                                    coalesce((SELECT o.label FROM m o WHERE o.relation = x.head_relation AND o.attribute = x.head_attribute LIMIT 1), x.label)) END,
                    CASE WHEN x.holder <> x.relation THEN 'the furthest id is in ' || @extschema@.fc_relation(x.holder) END,
                    CASE WHEN x.furthest_in_run IS NOT NULL AND x.collision IS NULL THEN
                        format('ids up to %s lie between the values that it will generate, %s apart: if an application uses a value for a block of ids, pass a margin to seq_resync', x.furthest_in_run, x.increment) END,
                    CASE WHEN x.is_ascending AND x.furthest > x.max THEN 'max_id lies beyond the sequence''s maximum and is never reached'
                         WHEN NOT x.is_ascending AND x.furthest < x.min THEN 'max_id lies beyond the sequence''s minimum and is never reached' END,
                    CASE WHEN x.skip_ahead IS NOT NULL THEN x.skip_ahead
                         WHEN x.state = 'exhausted' AND x.shared IS NULL AND x.allowed_low <= x.allowed_high THEN
                            CASE WHEN x.furthest IS NULL THEN format('there are no ids, so ALTER SEQUENCE %s RESTART; makes room as well', x.seq)
                                 WHEN x.furthest BETWEEN x.allowed_low AND x.allowed_high AND abs(x.bound - x.furthest) * 2 > x.allowed_high - x.allowed_low
                                 THEN format('ids reach only %s, so ALTER SEQUENCE %s RESTART WITH %s; makes room as well', x.furthest, x.seq, x.furthest + x.increment) END END,
                    @extschema@.fc_seq_properties(x.seq, x.cache, x.cycle, CASE WHEN x.is_ascending THEN x.min ELSE x.max END),
                    x.shared,
                    CASE WHEN x.state IN ('behind', 'exhausted', 'near_limit', 'unlogged') AND pg_is_in_recovery() THEN 'on a standby a sequence may read up to 32 values ahead of the primary' END), '') END,
           CASE x.state WHEN 'unknown' THEN x.obstacle_fix
                        WHEN 'behind' THEN x.resync
                        WHEN 'exhausted' THEN CASE WHEN x.skip_ahead IS NULL THEN x.widen END
                        WHEN 'near_limit' THEN x.widen
                        WHEN 'unlogged' THEN format('ALTER SEQUENCE %s SET LOGGED;', x.seq) END,
           x.head_relation, x.head_attribute, CASE WHEN x.is_judged THEN x.to_pass END, x.feeding IS NOT NULL, x.lacks_privilege, coalesce(x.is_other_temp, false),
           coalesce(x.is_partition, false), x.is_ascending, x.candidate_relations, x.candidate_attributes, x.is_outstanding
      FROM x;
END $fn$;
