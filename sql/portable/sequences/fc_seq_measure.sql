-- Reads what verdicts on links need: each link of fc_seq_links in scope with its sequence, its
-- column and the ids that decide.
--
-- schema, target: the scope; both NULL for all schemas except the system's
-- furthest, holder: the furthest id of all, and the table that holds it
-- collision: the first id that a value of the sequence stands for
-- furthest_in_run: the furthest id that the sequence passes
-- obstacle, obstacle_fix, lacks_privilege: why the link could not be judged
CREATE FUNCTION @extschema@.fc_seq_measure(schema oid, target oid)
RETURNS TABLE (place bigint, is_covered boolean, sequence oid, relation oid, attribute int2, kind text, drawing text, reason text, in_blocks boolean,
    head_relation oid, head_attribute int2, candidate_relations oid[], candidate_attributes int2[], is_outstanding boolean,
    tab text, col text, label text, relkind "char", is_permanent boolean, is_inherited boolean, identity "char", type_oid oid, is_other_temp boolean, is_partition boolean,
    low numeric, high numeric, bound_low numeric, bound_high numeric, is_unique boolean,
    seq text, seq_schema name, seq_name name, increment numeric, min numeric, max numeric, cache bigint, cycle boolean, seq_type oid, is_unlogged boolean,
    back numeric, ahead numeric, next numeric, furthest numeric, holder oid, collision numeric, furthest_in_run numeric,
    obstacle text, obstacle_fix text, lacks_privilege boolean)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    most_bytes CONSTANT bigint := @extschema@.fc_scan_limit();
    me CONSTANT text := quote_ident(current_user);
    internal oid[] := '{}';
BEGIN
    IF schema IS NULL AND target IS NULL THEN
        internal := ARRAY(
            @queries/extension_and_system_relations.sql@
        );
    END IF;
    RETURN QUERY
    WITH all_links AS MATERIALIZED (
        SELECT l.*, CASE WHEN target IS NOT NULL THEN l.relation = target
                         WHEN schema IS NOT NULL THEN c.relnamespace = schema
                         ELSE c.oid <> ALL (internal) END AS is_covered
          FROM @extschema@.fc_seq_links() l
          JOIN pg_class c ON c.oid = coalesce(l.relation, l.sequence)
    ), links AS MATERIALIZED (
        -- A sequence that feeds a table in scope is judged by all columns that it feeds.
        SELECT row_number() OVER () AS place, l.*
          FROM all_links l
         WHERE l.is_covered
            OR l.relation IS NOT NULL AND l.sequence IN (SELECT o.sequence FROM all_links o WHERE o.is_covered AND o.relation IS NOT NULL)
    ), columns AS MATERIALIZED (
        SELECT c.* FROM @extschema@.fc_seq_columns(ARRAY(SELECT l.relation FROM links l ORDER BY l.place), ARRAY(SELECT l.attribute FROM links l ORDER BY l.place)) c
    ), facts AS MATERIALIZED (
        SELECT l.place AS no, l.is_covered, l.sequence AS seq_oid, l.relation AS rel, l.attribute AS att, l.kind AS link_kind, l.drawing AS link_drawing, l.reason,
               l.in_blocks AS blocks, l.head_relation AS head_rel, l.head_attribute AS head_att, l.candidate_relations AS cand_rel, l.candidate_attributes AS cand_att, l.is_outstanding AS outstanding,
               c.schema_name, c.tab, c.col, c.label, c.relkind, c.is_permanent, c.is_partition, c.is_other_temp, c.owner, c.identity, c.is_inherited, c.type_oid, c.id_type,
               CASE WHEN c.bound_low IS NULL OR l.head_relation IS NOT NULL THEN c.type_low ELSE greatest(c.type_low, c.bound_low) END AS low,
               CASE WHEN c.bound_high IS NULL OR l.head_relation IS NOT NULL THEN c.type_high ELSE least(c.type_high, c.bound_high) END AS high,
               CASE WHEN l.head_relation IS NULL THEN c.bound_low END AS bound_low, CASE WHEN l.head_relation IS NULL THEN c.bound_high END AS bound_high,
               c.is_unique, c.hidden, c.distributed,
               n.nspname AS seq_schema, s.relname AS seq_name, s.relowner AS seq_owner, s.relpersistence = 'u' AS is_unlogged, s.relpersistence AS seq_persistence,
               quote_ident(n.nspname) || '.' || quote_ident(s.relname) AS seq,
               q.seqincrement::numeric AS inc, q.seqmin::numeric AS min, q.seqmax::numeric AS max, q.seqcache, q.seqcycle, q.seqtypid,
               CASE WHEN l.sequence IS NULL THEN NULL
                    WHEN has_sequence_privilege(l.sequence, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE') THEN 'row'
                    WHEN has_sequence_privilege(l.sequence, 'SELECT, USAGE') THEN 'function'
                    ELSE 'none' END AS access,
               CASE WHEN l.blocks_of > 1 THEN l.blocks_of - 1 ELSE 0 END AS block
          FROM (SELECT k.*, CASE WHEN k.in_blocks AND k.relation IS NOT NULL THEN abs(z.seqincrement::numeric) ELSE 1 END AS blocks_of
                  FROM links k LEFT JOIN pg_sequence z ON z.seqrelid = k.sequence) l
          LEFT JOIN columns c ON c.place = l.place
          LEFT JOIN pg_class s ON s.oid = l.sequence
          LEFT JOIN pg_namespace n ON n.oid = s.relnamespace
          LEFT JOIN pg_sequence q ON q.seqrelid = l.sequence
         WHERE l.relation IS NULL OR c.place IS NOT NULL
    ), judged AS MATERIALIZED (
        -- Why a link cannot be judged, as far as the catalogs show.
        SELECT f.*, CASE WHEN f.seq_oid IS NULL THEN f.reason
                         WHEN f.rel IS NULL OR f.link_drawing = 'unused' THEN NULL
                         WHEN f.relkind = 'v' THEN 'the default belongs to a view, and which table''s column it feeds is not recorded'
                         WHEN f.is_other_temp THEN 'another session''s temporary table'
                         WHEN f.distributed IS NOT NULL THEN f.distributed
                         WHEN f.id_type IS NULL THEN 'the column''s type is not a number, or does not store the sequence''s values unchanged'
                         WHEN f.id_type = 'text' AND f.link_kind IN ('owned', 'by_name') THEN 'the column is text, and how an application derives it from the sequence''s values is not recorded'
                         WHEN f.link_drawing = 'unclear' THEN f.reason
                         WHEN f.link_drawing = 'shifted' THEN format('the default adds %s to the value that it draws', f.reason)
                         WHEN f.hidden = 'schema' THEN 'no USAGE privilege on the table''s schema'
                         WHEN f.hidden = 'column' THEN 'no SELECT privilege on the column'
                         WHEN f.hidden = 'rows' THEN 'row security hides rows of the table from this user' END AS cause
          FROM facts f
    ), readable AS MATERIALIZED (
        SELECT j.no, j.rel, j.att, j.inc, j.relkind = 'p' AS is_partitioned, row_number() OVER (PARTITION BY j.relkind = 'p' ORDER BY j.no) AS root
          FROM judged j WHERE j.cause IS NULL AND j.rel IS NOT NULL AND j.link_drawing <> 'unused' AND j.seq_oid IS NOT NULL
    ), stored AS MATERIALIZED (
        SELECT p.no, p.inc, c.relation, c.tab, c.col, c.relkind, c.is_heap, c.pages, c.id_type, c.has_index, c.nulls, c.weight, c.risk
          FROM readable p JOIN columns c ON c.place = p.no WHERE NOT p.is_partitioned
        UNION ALL
        SELECT p.no, p.inc, s.relation, s.tab, s.col, s.relkind, s.is_heap, s.pages, s.id_type, s.has_index, s.nulls, s.weight, s.risk
          FROM @extschema@.fc_seq_storages(ARRAY(SELECT p.rel FROM readable p WHERE p.is_partitioned ORDER BY p.root), ARRAY(SELECT p.att FROM readable p WHERE p.is_partitioned ORDER BY p.root)) s
          JOIN readable p ON p.is_partitioned AND p.root = s.root
    ), storages AS MATERIALIZED (
        SELECT row_number() OVER (ORDER BY s.no, s.relation) AS id, row_number() OVER (PARTITION BY s.no ORDER BY s.relation) AS rank, s.*,
               s.id_type = 'text' OR NOT s.has_index AS is_scanned,
               CASE WHEN s.relkind = 'f' OR NOT s.is_heap AND s.id_type = 'text'
                    THEN CASE WHEN s.id_type = 'text' THEN format('the ids of %s are texts, which are read only from heap tables', s.tab)
                              WHEN most_bytes = 0 THEN format('no index of %s starts with the column, and reading a table as a whole is off (pg_flightcheck.scan_limit = 0)', s.tab)
                              WHEN s.pages IS NULL THEN format('no index of %s starts with the column, and it was never analyzed, so its size is unknown; run ANALYZE %s;', s.tab, s.tab)
                              WHEN s.pages * 8192 > most_bytes THEN format('no index of %s starts with the column, and the table has %s, above pg_flightcheck.scan_limit (%s)', s.tab, @extschema@.fc_kilobytes(s.pages * 8192), @extschema@.fc_kilobytes(most_bytes)) END END AS refusal,
               CASE WHEN s.risk IS NOT NULL THEN format('%s belongs to another role, and its %s may run that role''s code with your privileges: run this as its owner: SET ROLE %s;', s.tab, s.risk, quote_ident(pg_get_userbyid(c.relowner))) END AS danger,
               CASE WHEN c.relowner = ANY (ARRAY(SELECT o.oid FROM pg_roles o WHERE o.rolsuper OR o.rolname = current_user)) THEN NULL ELSE s.relation END AS untrusted
          FROM stored s JOIN pg_class c ON c.oid = s.relation
    ), plans AS MATERIALIZED (
        -- The position of each link's sequence, along with the furthest id of its first storage.
        SELECT row_number() OVER (ORDER BY j.no, t.rank) AS turn, j.no, t.id, t.relation AS storage, coalesce(t.rank, 1) AS rank, j.access, j.seq, j.seq_oid,
               CASE WHEN t.relation IS NULL OR t.refusal IS NOT NULL OR t.danger IS NOT NULL THEN NULL
                    WHEN t.id_type = 'number'
                    THEN '(SELECT t.' || t.col || ' FROM ONLY ' || t.tab || ' t WHERE t.' || t.col || ' IS NOT NULL ORDER BY t.' || t.col
                         || CASE WHEN j.inc > 0 THEN ' DESC NULLS ' || t.nulls ELSE ' ASC NULLS ' || CASE t.nulls WHEN 'FIRST' THEN 'LAST' ELSE 'FIRST' END END || ' LIMIT 1)'
                    ELSE @extschema@.fc_seq_search(t.tab, t.col, t.id_type, j.inc > 0, CASE WHEN j.inc > 0 THEN t.nulls WHEN t.nulls = 'FIRST' THEN 'LAST' ELSE 'FIRST' END, NULL, NULL, NULL, NULL, NULL) END AS search,
               t.untrusted, CASE WHEN t.is_scanned AND t.relkind <> 'f' THEN t.relation END AS scanned, coalesce(t.weight, 1) AS weight,
               CASE WHEN coalesce(t.rank, 1) > 1 OR j.access = 'none' OR j.access IS NULL THEN NULL
                    WHEN j.access = 'row' THEN 's.last_value, s.is_called::int, %s FROM ' || j.seq || ' s'
                    ELSE format('p.v, CASE WHEN p.v IS NOT NULL THEN 1 END, %%s FROM pg_sequence_last_value(%L::oid::regclass) p (v)', j.seq_oid) END AS position
          FROM judged j LEFT JOIN storages t ON t.no = j.no
    ), turns AS MATERIALIZED (
        SELECT p.*, 'SELECT ' || CASE WHEN p.position IS NULL THEN 'NULL, NULL, ' || p.search
                                      ELSE replace(p.position, '%s', coalesce(p.search, 'NULL')) END AS query
          FROM plans p WHERE p.position IS NOT NULL OR p.search IS NOT NULL
    ), numbered AS MATERIALIZED (
        SELECT t.*, row_number() OVER (ORDER BY t.turn) AS n FROM turns t
    ), read AS MATERIALIZED (
        SELECT n.no, n.id, n.storage, n.rank, n.position, n.seq, n.search, r.*
          FROM @extschema@.fc_read(ARRAY(SELECT n.query FROM numbered n ORDER BY n.n), ARRAY(SELECT CASE WHEN n.search IS NOT NULL THEN n.untrusted END FROM numbered n ORDER BY n.n),
                                   ARRAY(SELECT CASE WHEN n.search IS NOT NULL THEN n.scanned END FROM numbered n ORDER BY n.n), ARRAY(SELECT n.weight::int FROM numbered n ORDER BY n.n), most_bytes) r
          JOIN numbered n ON n.n = r.place
    ), again AS MATERIALIZED (
        -- Where the column could not be read, the sequence's position may still be.
        SELECT row_number() OVER (ORDER BY r.no) AS n, r.no, replace('SELECT ' || r.position, '%s', 'NULL') AS query
          FROM read r WHERE r.state IS NOT NULL AND r.position IS NOT NULL AND r.search IS NOT NULL
    ), reread AS MATERIALIZED (
        SELECT a.no, r.*
          FROM @extschema@.fc_read(ARRAY(SELECT a.query FROM again a ORDER BY a.n), array_fill(NULL::oid, ARRAY[(SELECT count(*)::int FROM again)]),
                                   array_fill(NULL::oid, ARRAY[(SELECT count(*)::int FROM again)]), array_fill(1, ARRAY[(SELECT count(*)::int FROM again)]), most_bytes) r
          JOIN again a ON a.n = r.place
    ), position AS MATERIALIZED (
        SELECT r.no, r.a::numeric AS last_value, r.b = 1 AS is_called, r.state, r.message, r.detail
          FROM read r WHERE r.rank = 1 AND r.position IS NOT NULL AND (r.state IS NULL OR r.search IS NULL)
        UNION ALL
        SELECT r.no, r.a, r.b = 1, r.state, r.message, r.detail FROM reread r
    ), measured AS MATERIALIZED (
        SELECT j.*, p.last_value, p.is_called, p.state AS position_state, p.message AS position_message, p.detail AS position_detail,
               v.next, v.next IS NOT NULL AND v.next BETWEEN j.low AND j.high AS has_run,
               CASE WHEN j.inc > 0 THEN least(j.high, j.max) ELSE greatest(j.low, j.min) END AS bound,
               CASE WHEN j.block > 0 AND j.seq_name ILIKE '%hilo%' THEN 0 ELSE j.block END AS back, j.block AS ahead,
               g.furthest, g.holder, g.failure, g.refused_size, g.refused_tab
          FROM judged j
          LEFT JOIN position p ON p.no = j.no
         CROSS JOIN LATERAL (
            SELECT CASE WHEN NOT p.is_called THEN p.last_value
                        WHEN p.last_value + j.inc BETWEEN j.min AND j.max THEN p.last_value + j.inc
                        WHEN j.seqcycle THEN CASE WHEN j.inc > 0 THEN j.min ELSE j.max END END AS next) v
          LEFT JOIN (
            SELECT r.no, (array_agg(r.c ORDER BY r.c * sign(m.inc) DESC, r.storage) FILTER (WHERE r.c IS NOT NULL))[1]::numeric AS furthest,
                   (array_agg(r.storage ORDER BY r.c * sign(m.inc) DESC, r.storage) FILTER (WHERE r.c IS NOT NULL))[1] AS holder,
                   (array_agg(@extschema@.fc_error(r.state, r.message, r.detail)) FILTER (WHERE r.state <> '54000' OR r.message IS NOT NULL))[1] AS failure,
                   (array_agg(r.a) FILTER (WHERE r.state = '54000' AND r.message IS NULL))[1] AS refused_size,
                   (array_agg(@extschema@.fc_relation(r.storage)) FILTER (WHERE r.state = '54000' AND r.message IS NULL))[1] AS refused_tab
              FROM read r JOIN judged m ON m.no = r.no WHERE r.storage IS NOT NULL
             GROUP BY r.no) g ON g.no = j.no
    ), runs AS MATERIALIZED (
        SELECT m.*, CASE WHEN m.inc > 0 THEN m.furthest - m.next ELSE m.next - m.furthest END AS distance,
               abs(m.bound - m.next) AS to_bound, abs(m.inc) AS step
          FROM measured m
    ), ranges AS MATERIALIZED (
        SELECT r.*, greatest(least(e.first, e.last), -9223372036854775808) AS range_low, least(greatest(e.first, e.last), 9223372036854775807) AS range_high,
               r.has_run AND r.distance >= -r.back AS is_ahead
          FROM runs r
         CROSS JOIN LATERAL (
            SELECT r.next - sign(r.inc) * r.back AS first,
                   CASE WHEN r.back = 0 AND r.ahead = 0 THEN r.bound
                        ELSE r.next + div(r.to_bound, r.step) * r.inc + sign(r.inc) * r.ahead END AS last) e
    ), hits AS MATERIALIZED (
        SELECT row_number() OVER () AS n, g.no, t.relation AS storage, t.untrusted, CASE WHEN t.is_scanned AND t.relkind <> 'f' THEN t.relation END AS scanned, t.weight, g.inc,
               'SELECT ' || @extschema@.fc_seq_search(t.tab, t.col, t.id_type, g.inc < 0, CASE WHEN g.inc < 0 THEN t.nulls WHEN t.nulls = 'FIRST' THEN 'LAST' ELSE 'FIRST' END, g.range_low, g.range_high,
                    CASE WHEN g.back + g.ahead + 1 < g.step THEN g.step END, g.next, NULL)
               || ', ' || @extschema@.fc_seq_search(t.tab, t.col, t.id_type, g.inc > 0, CASE WHEN g.inc > 0 THEN t.nulls WHEN t.nulls = 'FIRST' THEN 'LAST' ELSE 'FIRST' END, g.range_low, g.range_high, NULL, NULL, NULL) AS query
          FROM ranges g JOIN storages t ON t.no = g.no
         WHERE g.is_ahead AND t.refusal IS NULL AND t.danger IS NULL
    ), found AS MATERIALIZED (
        SELECT h.no, (array_agg(r.a ORDER BY r.a * sign(h.inc)) FILTER (WHERE r.a IS NOT NULL))[1]::numeric AS collision,
               (array_agg(r.b ORDER BY r.b * sign(h.inc) DESC) FILTER (WHERE r.b IS NOT NULL))[1]::numeric AS furthest_in_run,
               (array_agg(@extschema@.fc_error(r.state, coalesce(r.message, 'the table has grown while it was read'), r.detail)) FILTER (WHERE r.state IS NOT NULL))[1] AS failure
          FROM @extschema@.fc_read(ARRAY(SELECT h.query FROM hits h ORDER BY h.n), ARRAY(SELECT h.untrusted FROM hits h ORDER BY h.n),
                                   ARRAY(SELECT h.scanned FROM hits h ORDER BY h.n), ARRAY(SELECT h.weight FROM hits h ORDER BY h.n), most_bytes) r
          JOIN hits h ON h.n = r.place
         GROUP BY h.no
    ), refusals AS MATERIALIZED (
        SELECT t.no, (array_agg(coalesce(t.danger, t.refusal) ORDER BY t.id) FILTER (WHERE t.danger IS NOT NULL OR t.refusal IS NOT NULL))[1] AS refusal
          FROM storages t GROUP BY t.no
    )
    SELECT g.no, g.is_covered, g.seq_oid, g.rel, g.att,
           CASE WHEN g.link_kind = 'identity' THEN CASE g.identity WHEN 'a' THEN 'identity_always' ELSE 'identity_by_default' END ELSE g.link_kind END,
           g.link_drawing, g.reason, g.blocks, g.head_rel, g.head_att, g.cand_rel, g.cand_att, g.outstanding,
           g.tab, g.col, g.label, g.relkind, g.is_permanent, g.is_inherited, g.identity, g.type_oid, g.is_other_temp, g.is_partition, g.low, g.high, g.bound_low, g.bound_high, g.is_unique,
           g.seq, g.seq_schema, g.seq_name, g.inc, g.min, g.max, g.seqcache, g.seqcycle, g.seqtypid, g.is_unlogged, g.back, g.ahead, g.next,
           g.furthest, g.holder, f.collision, f.furthest_in_run,
           CASE WHEN g.seq_oid IS NULL THEN g.cause
                WHEN g.access = 'none' OR g.access = 'function' AND g.last_value IS NULL AND g.position_state IS NULL THEN 'no SELECT or USAGE privilege on the sequence'
                WHEN g.position_state IS NOT NULL THEN @extschema@.fc_error(g.position_state, g.position_message, g.position_detail)
                ELSE coalesce(g.cause, z.refusal, g.failure,
                     CASE WHEN g.refused_size IS NOT NULL THEN format('no index of %s starts with the column, and %s', g.refused_tab,
                          CASE WHEN most_bytes = 0 THEN 'reading a table as a whole is off (pg_flightcheck.scan_limit = 0)'
                               ELSE format('the table has %s, above pg_flightcheck.scan_limit (%s)', @extschema@.fc_kilobytes(g.refused_size), @extschema@.fc_kilobytes(most_bytes)) END) END,
                     f.failure) END,
           CASE WHEN g.seq_oid IS NULL THEN NULL
                WHEN g.access = 'none' OR g.access = 'function' AND g.last_value IS NULL AND g.position_state IS NULL THEN format('GRANT SELECT ON SEQUENCE %s TO %s;', g.seq, me)
                WHEN g.position_state IS NOT NULL OR g.link_drawing = 'unused' THEN NULL
                WHEN g.cause = 'no USAGE privilege on the table''s schema' THEN format('GRANT USAGE ON SCHEMA %I TO %s;', g.schema_name, me)
                WHEN g.cause = 'no SELECT privilege on the column' THEN format('GRANT SELECT (%s) ON %s TO %s;', g.col, g.tab, me) END,
           g.seq_oid IS NOT NULL AND (g.access = 'none' OR g.access = 'function' AND g.last_value IS NULL AND g.position_state IS NULL
                OR g.cause IN ('no USAGE privilege on the table''s schema', 'no SELECT privilege on the column'))
      FROM ranges g
      LEFT JOIN found f ON f.no = g.no
      LEFT JOIN refusals z ON z.no = g.no;
END $fn$;
