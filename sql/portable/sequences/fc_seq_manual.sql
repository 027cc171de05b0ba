-- Writes the statement that moves a sequence which seq_resync declines to move, because it is unknown
-- whether values go into the columns as they are drawn; NULL if no id is ahead. As
-- src/sequences/manual_setval.rs does.
CREATE FUNCTION @extschema@.fc_seq_manual(sequence oid, relations oid[], attributes int2[], kinds text[], drawings text[], reasons text[], in_blocks boolean[])
RETURNS text LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    s record;
    p record;
    f record;
    seq text := @extschema@.fc_relation(sequence);
    next numeric;
    back numeric;
    wanted numeric;
    bound numeric;
    statement text;
BEGIN
    SELECT q.seqincrement::numeric AS inc, q.seqmin::numeric AS min, q.seqmax::numeric AS max, q.seqcycle AS cycle, c.relname INTO s
      FROM pg_sequence q JOIN pg_class c ON c.oid = q.seqrelid WHERE q.seqrelid = sequence;
    SELECT r.* INTO p FROM @extschema@.fc_read(ARRAY[format('SELECT s.last_value, s.is_called::int FROM %s s', seq)], ARRAY[NULL::oid], ARRAY[NULL::oid], ARRAY[1], 1) r;
    next := CASE WHEN p.b = 0 THEN p.a WHEN p.a + s.inc BETWEEN s.min AND s.max THEN p.a + s.inc END;
    IF p.state IS NOT NULL OR s.cycle OR next IS NULL THEN
        RETURN NULL;
    END IF;
    WITH v AS MATERIALIZED (
        SELECT c.place, l.shift, l.id_type, l.blocks,
               CASE WHEN l.id_type = 'digits' THEN -9223372036854775808 ELSE greatest(c.type_low, coalesce(c.bound_low, c.type_low)) - l.shift END AS low,
               CASE WHEN l.id_type = 'digits' THEN 9223372036854775807 ELSE least(c.type_high, coalesce(c.bound_high, c.type_high)) - l.shift END AS high
          FROM @extschema@.fc_seq_columns(relations, attributes) c
          JOIN unnest(kinds, drawings, reasons, in_blocks) WITH ORDINALITY u (kind, drawing, reason, blocks, place) ON u.place = c.place
         CROSS JOIN LATERAL (
            SELECT CASE WHEN u.drawing = 'shifted' AND c.id_type <> 'text' THEN u.reason::numeric ELSE 0 END AS shift, u.blocks,
                   CASE WHEN u.drawing = 'shifted' AND c.id_type <> 'text' THEN c.id_type
                        WHEN u.drawing = 'unclear' AND c.id_type = 'text' THEN 'digits'
                        WHEN u.kind IN ('owned', 'function_default', 'trigger') THEN c.id_type END AS id_type) l
         WHERE c.id_type IS NOT NULL AND l.id_type IS NOT NULL AND c.hidden IS NULL AND c.distributed IS NULL
    ), t AS MATERIALIZED (
        SELECT row_number() OVER () AS n, v.shift, v.id_type AS kind, x.*, CASE WHEN k.relowner = ANY (ARRAY(SELECT o.oid FROM pg_roles o WHERE o.rolsuper OR o.rolname = current_user)) THEN NULL ELSE k.oid END AS untrusted
          FROM v JOIN @extschema@.fc_seq_storages(relations, attributes) x ON x.root = v.place JOIN pg_class k ON k.oid = x.relation
         WHERE x.risk IS NULL AND x.relkind <> 'f'
    ), r AS MATERIALIZED (
        SELECT t.shift, x.a
          FROM @extschema@.fc_read(
                ARRAY(SELECT 'SELECT ' || @extschema@.fc_seq_search(t.tab, t.col, t.kind, s.inc > 0, CASE WHEN s.inc > 0 THEN t.nulls WHEN t.nulls = 'FIRST' THEN 'LAST' ELSE 'FIRST' END, NULL, NULL, NULL, NULL, NULL) FROM t ORDER BY t.n),
                ARRAY(SELECT t.untrusted FROM t ORDER BY t.n), ARRAY(SELECT CASE WHEN t.kind IN ('text', 'digits') OR NOT t.has_index THEN t.relation END FROM t ORDER BY t.n),
                ARRAY(SELECT t.weight FROM t ORDER BY t.n), @extschema@.fc_scan_limit()) x JOIN t ON t.n = x.place
         WHERE x.state IS NULL
    )
    SELECT (SELECT CASE WHEN s.inc > 0 THEN max(r.a - r.shift) ELSE min(r.a - r.shift) END FROM r) AS id, max(v.low) AS low, min(v.high) AS high, bool_or(v.blocks) AS blocks, bool_or(v.id_type = 'digits') AS digits
      INTO f FROM v;
    IF f.id IS NULL OR next NOT BETWEEN f.low AND f.high THEN
        RETURN NULL;
    END IF;
    back := CASE WHEN f.blocks AND s.relname NOT ILIKE '%hilo%' THEN abs(s.inc) - 1 ELSE 0 END;
    IF (f.id - next) * sign(s.inc) < -back THEN
        RETURN NULL;
    END IF;
    bound := CASE WHEN s.inc > 0 THEN least(f.high, s.max) ELSE greatest(f.low, s.min) END;
    wanted := next + div(greatest((f.id - next) * sign(s.inc) + back + 1, 0) + abs(s.inc) - 1, abs(s.inc)) * s.inc;
    statement := @extschema@.fc_seq_pass_anyway(seq, CASE WHEN wanted BETWEEN least(next, bound) AND greatest(next, bound) THEN wanted - s.inc END, s.inc);
    RETURN CASE WHEN f.digits THEN 'if the digits at the end of its texts are values of the sequence, ' ELSE '' END || statement;
END $fn$;
