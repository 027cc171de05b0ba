-- Returns which column draws from which sequence, as src/sequences/discover.rs does, for the whole
-- database: sequences may be shared across schemas.
--
-- drawing: plain, shifted (reason is the constant), unclear (reason says why) or unused; reason also
--          says why no sequence can be named
-- in_blocks: an application may take a value for a whole block of ids
-- head_relation, head_attribute: the ancestor's column that the link is judged with
-- kind none: a sequence that no column is known to draw from, with the columns that it may feed
CREATE FUNCTION @extschema@.fc_seq_links()
RETURNS TABLE (sequence oid, relation oid, attribute int2, kind text, drawing text, reason text, in_blocks boolean,
    head_relation oid, head_attribute int2, candidate_relations oid[], candidate_attributes int2[], is_outstanding boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    special record;
    own record;
    l record;
    more record;
    silent record;
    owned_links record;
    triggers record;
    unlinked record;
BEGIN
    SELECT q.* INTO special FROM (
        @queries/rare_link_kinds.sql@
    ) q;
    -- Links that the catalogs record, and the sequences that columns own.
    WITH raw AS MATERIALIZED (
        SELECT u.*, row_number() OVER () AS place FROM (
            @queries/sequence_links.sql(special.domain_defaults; special.identity_partitions)@
        ) q (sequences, relations, attributes, sources, trees),
        unnest(q.sequences, q.relations, q.attributes, q.sources, q.trees) u (sequence, relation, attribute, source, tree)
         WHERE u.relation >= 16384::oid
    ), matched AS MATERIALIZED (
        -- Nearly all defaults are nextval of a constant, perhaps cast to a narrower number.
        SELECT r.*, CASE WHEN split_part(n.call, '{', 2) LIKE 'FUNCEXPR :funcid 1574 %' AND split_part(n.call, '{', 3) LIKE 'CONST :consttype 2205 %'
                              AND split_part(n.call, '{', 4) = ''
                         THEN string_to_array(split_part(split_part(n.call, '[ ', 2), ' ]', 1), ' ') END AS b
          FROM raw r
         CROSS JOIN LATERAL (
            SELECT CASE WHEN split_part(r.tree, '{', 2) ~ '^FUNCEXPR :funcid (480|714|1781) [^()]*:args \($' THEN substr(r.tree, 2) ELSE r.tree END AS call OFFSET 0) n
         WHERE r.source IN ('n', 't')
    ), draws AS MATERIALIZED (
        SELECT m.place, m.relation, m.attribute, m.source,
               (((m.b[1]::bigint & 255) | ((m.b[2]::bigint & 255) << 8) | ((m.b[3]::bigint & 255) << 16) | ((m.b[4]::bigint & 255) << 24)))::oid AS sequence,
               NULL AS name, 'number' AS form, NULL::bigint AS shift
          FROM matched m WHERE m.b IS NOT NULL
        UNION ALL
        SELECT m.place, m.relation, m.attribute, m.source, d.*
          FROM matched m CROSS JOIN LATERAL @extschema@.fc_tree_draws(m.tree) d WHERE m.b IS NULL
    ), resolved AS MATERIALIZED (
        SELECT d.place, d.relation, d.attribute, d.source, d.form, d.shift, coalesce(d.sequence, s.sequence) AS sequence, d.name,
               CASE WHEN d.sequence IS NULL AND d.name IS NULL THEN 'the default computes the sequence''s name at run time'
                    ELSE s.unresolved END AS unresolved
          FROM draws d
          LEFT JOIN LATERAL (SELECT x.* FROM @extschema@.fc_seq_resolve('the default', d.name, '{}') x WHERE d.name IS NOT NULL) s ON true
    ), owners AS MATERIALIZED (
        SELECT r.sequence, r.relation, r.attribute FROM raw r WHERE r.source = 'a'
    ), links AS MATERIALIZED (
        SELECT d.place, d.sequence, d.relation, d.attribute,
               CASE WHEN d.source = 't' THEN 'domain_default'
                    WHEN d.name IS NOT NULL THEN 'default_by_name'
                    WHEN o.sequence IS NOT NULL THEN 'serial'
                    ELSE 'default' END AS kind,
               CASE WHEN d.form IN ('number', 'text') THEN 'plain'
                    WHEN d.form = 'shifted' THEN 'shifted'
                    ELSE 'unclear' END AS drawing,
               coalesce(d.unresolved, CASE d.form WHEN 'shifted' THEN d.shift::text
                   WHEN 'composed' THEN 'the default does more than draw a value from the sequence' END) AS reason
          FROM resolved d
          LEFT JOIN owners o ON o.sequence = d.sequence AND o.relation = d.relation AND o.attribute = d.attribute
        UNION ALL
        SELECT r.place, r.sequence, r.relation, r.attribute, 'identity', 'plain', NULL FROM raw r WHERE r.source IN ('i', 'p')
    )
    SELECT coalesce(array_agg(k.sequence ORDER BY k.place), '{}') AS sequences, coalesce(array_agg(k.relation ORDER BY k.place), '{}') AS relations,
           coalesce(array_agg(k.attribute ORDER BY k.place), '{}') AS attributes, coalesce(array_agg(k.kind ORDER BY k.place), '{}') AS kinds,
           coalesce(array_agg(k.drawing ORDER BY k.place), '{}') AS drawings, coalesce(array_agg(k.reason ORDER BY k.place), '{}') AS reasons,
           (SELECT coalesce(array_agg(o.sequence), '{}') FROM owners o) AS own_sequences,
           (SELECT coalesce(array_agg(o.relation), '{}') FROM owners o) AS own_relations,
           (SELECT coalesce(array_agg(o.attribute), '{}') FROM owners o) AS own_attributes
      INTO l FROM links k;
    SELECT '{}'::oid[] AS relations, '{}'::int2[] AS attributes INTO silent;
    IF special.function_defaults THEN
        SELECT coalesce(array_agg(f.sequence) FILTER (WHERE f.kind IS NOT NULL), '{}') AS sequences,
               coalesce(array_agg(f.relation) FILTER (WHERE f.kind IS NOT NULL), '{}') AS relations,
               coalesce(array_agg(f.attribute) FILTER (WHERE f.kind IS NOT NULL), '{}') AS attributes,
               coalesce(array_agg(f.drawing) FILTER (WHERE f.kind IS NOT NULL), '{}') AS drawings,
               coalesce(array_agg(f.reason) FILTER (WHERE f.kind IS NOT NULL), '{}') AS reasons,
               coalesce(array_agg(f.relation) FILTER (WHERE f.kind IS NULL), '{}') AS silent_relations,
               coalesce(array_agg(f.attribute) FILTER (WHERE f.kind IS NULL), '{}') AS silent_attributes
          INTO more FROM @extschema@.fc_seq_function_links(l.own_sequences, l.own_relations, l.own_attributes) f;
        SELECT more.silent_relations AS relations, more.silent_attributes AS attributes INTO silent;
        l.sequences := l.sequences || more.sequences;
        l.relations := l.relations || more.relations;
        l.attributes := l.attributes || more.attributes;
        l.kinds := l.kinds || array_fill('function_default'::text, ARRAY[cardinality(more.sequences)]);
        l.drawings := l.drawings || more.drawings;
        l.reasons := l.reasons || more.reasons;
    END IF;
    -- Sequences that a column owns and that no default is known to draw from.
    WITH known AS MATERIALIZED (
        SELECT k.* FROM unnest(l.sequences, l.relations, l.attributes, l.kinds) k (sequence, relation, attribute, kind)
    ), undrawn AS MATERIALIZED (
        SELECT o.* FROM unnest(l.own_sequences, l.own_relations, l.own_attributes) o (sequence, relation, attribute)
         WHERE NOT EXISTS (SELECT FROM known k WHERE k.sequence = o.sequence AND k.relation = o.relation AND k.attribute = o.attribute)
    )
    SELECT coalesce(array_agg(u.sequence), '{}') AS sequences, coalesce(array_agg(u.relation), '{}') AS relations,
           coalesce(array_agg(u.attribute), '{}') AS attributes, coalesce(array_agg(d.drawing), '{}') AS drawings,
           coalesce(array_agg(CASE WHEN d.drawing = 'unclear' THEN 'it is unknown whether the column''s default draws from the sequence' END), '{}') AS reasons
      INTO owned_links
      FROM undrawn u
      JOIN (
        @queries/column_defaults.sql(ARRAY(SELECT u.relation FROM undrawn u); ARRAY(SELECT u.attribute FROM undrawn u))@
      ) c (relation, attribute, is_generated, tree) ON c.relation = u.relation AND c.attribute = u.attribute
     CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (SELECT FROM known k WHERE k.relation = u.relation AND k.attribute = u.attribute AND k.sequence IS NULL) THEN 'unclear'
                    WHEN c.is_generated THEN 'unused'
                    WHEN c.tree IS NULL THEN 'plain'
                    WHEN NOT EXISTS (SELECT FROM regexp_matches(c.tree, ':(?:op)?funcid (\d+) ', 'g') m WHERE m[1]::oid >= 16384::oid) THEN 'unused'
                    WHEN EXISTS (SELECT FROM unnest(silent.relations, silent.attributes) s (r, a) WHERE s.r = u.relation AND s.a = u.attribute) THEN 'unused'
                    ELSE 'unclear' END AS drawing) d;
    IF cardinality(owned_links.sequences) > 0 THEN
        l.sequences := l.sequences || owned_links.sequences;
        l.relations := l.relations || owned_links.relations;
        l.attributes := l.attributes || owned_links.attributes;
        l.kinds := l.kinds || array_fill('owned'::text, ARRAY[cardinality(owned_links.sequences)]);
        l.drawings := l.drawings || owned_links.drawings;
        l.reasons := l.reasons || owned_links.reasons;
    END IF;
    SELECT '{}'::oid[] AS tables, '{}'::oid[] AS sequences, '{}'::text[] AS reasons INTO triggers;
    IF special.drawing_triggers THEN
        WITH found AS MATERIALIZED (
            SELECT t.*, (SELECT o.s FROM unnest(l.own_sequences, l.own_relations, l.own_attributes) o (s, r, a)
                          WHERE o.s = t.sequence AND o.r = t.relation AND o.a = t.attribute) IS NOT NULL AS is_own,
                   row_number() OVER () AS place
              FROM @extschema@.fc_seq_trigger_links(l.own_sequences, l.own_relations, l.own_attributes) t
        ), counted AS MATERIALIZED (
            -- A function that serves several tables draws from a sequence for each.
            SELECT c.relation, c.attribute, count(DISTINCT c.sequence) AS sequences, bool_or(c.is_own) AS has_own
              FROM found c WHERE c.attribute IS NOT NULL GROUP BY c.relation, c.attribute
        ), kept AS MATERIALIZED (
            SELECT f.sequence, f.relation, f.attribute, f.drawing, f.reason, f.place
              FROM found f JOIN counted c ON c.relation = f.relation AND c.attribute = f.attribute
             WHERE c.sequences < 2 OR f.sequence IS NULL OR f.is_own
            UNION ALL
            SELECT NULL, c.relation, c.attribute, 'plain', 'the trigger''s function draws from several sequences for the column', 9999999
              FROM counted c WHERE c.sequences > 1 AND NOT c.has_own
        ), merged AS MATERIALIZED (
            SELECT k.sequence, k.relation, k.attribute, k.kind, k.drawing, k.reason, 0 AS part, k.place
              FROM unnest(l.sequences, l.relations, l.attributes, l.kinds, l.drawings, l.reasons) WITH ORDINALITY
                   k (sequence, relation, attribute, kind, drawing, reason, place)
             WHERE k.kind <> 'owned' OR NOT EXISTS (
                    SELECT FROM kept t WHERE t.drawing = 'plain' AND t.sequence = k.sequence AND t.relation = k.relation AND t.attribute = k.attribute)
        ), all_links AS MATERIALIZED (
            SELECT m.* FROM merged m
            UNION ALL
            SELECT DISTINCT ON (t.sequence, t.relation, t.attribute) t.sequence, t.relation, t.attribute, 'trigger', t.drawing, t.reason, 1, t.place
              FROM kept t
             WHERE NOT EXISTS (SELECT FROM merged m WHERE m.sequence IS NOT DISTINCT FROM t.sequence AND m.relation = t.relation AND m.attribute = t.attribute)
        )
        SELECT array_agg(a.sequence ORDER BY a.part, a.place) AS sequences, array_agg(a.relation ORDER BY a.part, a.place) AS relations,
               array_agg(a.attribute ORDER BY a.part, a.place) AS attributes, array_agg(a.kind ORDER BY a.part, a.place) AS kinds,
               array_agg(a.drawing ORDER BY a.part, a.place) AS drawings, array_agg(a.reason ORDER BY a.part, a.place) AS reasons,
               (SELECT coalesce(array_agg(f.relation ORDER BY f.place), '{}') FROM found f WHERE f.attribute IS NULL) AS tables,
               (SELECT coalesce(array_agg(f.sequence ORDER BY f.place), '{}') FROM found f WHERE f.attribute IS NULL) AS table_sequences,
               (SELECT coalesce(array_agg(f.reason ORDER BY f.place), '{}') FROM found f WHERE f.attribute IS NULL) AS table_reasons
          INTO more FROM all_links a;
        l.sequences := coalesce(more.sequences, '{}');
        l.relations := coalesce(more.relations, '{}');
        l.attributes := coalesce(more.attributes, '{}');
        l.kinds := coalesce(more.kinds, '{}');
        l.drawings := coalesce(more.drawings, '{}');
        l.reasons := coalesce(more.reasons, '{}');
        triggers.tables := more.tables;
        triggers.sequences := more.table_sequences;
        triggers.reasons := more.table_reasons;
    END IF;
    -- What is left is linked by name. A trigger's unknown sequence may be the very one that is named
    -- after the column.
    SELECT coalesce(array_agg(n.sequence), '{}') AS sequences, coalesce(array_agg(n.relation), '{}') AS relations,
           coalesce(array_agg(n.attribute), '{}') AS attributes, coalesce(array_agg(n.kind), '{}') AS kinds, coalesce(array_agg(n.reason), '{}') AS reasons,
           coalesce(jsonb_agg(jsonb_build_object('s', n.sequence, 'r', n.candidate_relations, 'a', n.candidate_attributes, 'o', n.is_outstanding))
                    FILTER (WHERE n.kind = 'none'), '[]') AS none
      INTO unlinked
      FROM @extschema@.fc_seq_names(
            ARRAY(SELECT k.s FROM unnest(l.sequences) k (s) WHERE k.s IS NOT NULL),
            ARRAY(SELECT k.r FROM unnest(l.sequences, l.relations, l.kinds, l.drawings) k (s, r, k, d) WHERE (k.k <> 'trigger' OR k.s IS NOT NULL) AND k.d <> 'unused'),
            ARRAY(SELECT k.a FROM unnest(l.sequences, l.attributes, l.kinds, l.drawings) k (s, a, k, d) WHERE (k.k <> 'trigger' OR k.s IS NOT NULL) AND k.d <> 'unused'),
            triggers.tables, triggers.sequences, triggers.reasons) n;
    RETURN QUERY
    WITH linked AS MATERIALIZED (
        SELECT k.* FROM unnest(l.sequences, l.relations, l.attributes, l.kinds, l.drawings, l.reasons)
               k (sequence, relation, attribute, kind, drawing, reason)
        UNION ALL
        SELECT n.sequence, n.relation, n.attribute, n.kind, 'plain', n.reason
          FROM unnest(unlinked.sequences, unlinked.relations, unlinked.attributes, unlinked.kinds, unlinked.reasons)
               n (sequence, relation, attribute, kind, reason)
         WHERE n.kind <> 'none'
    ), known AS MATERIALIZED (
        -- Another source than a trigger's unknown sequence is judged.
        SELECT k.* FROM linked k
         WHERE k.kind <> 'trigger' OR k.sequence IS NOT NULL
            OR NOT EXISTS (SELECT FROM linked o WHERE o.relation = k.relation AND o.attribute = k.attribute AND o.drawing <> 'unused'
                              AND (o.kind <> 'trigger' OR o.sequence IS NOT NULL))
    ), single AS MATERIALIZED (
        -- Sequences from which a default draws: an application takes single values of those as well.
        SELECT DISTINCT k.sequence FROM known k WHERE k.kind NOT IN ('owned', 'by_name', 'trigger')
    ), blocked AS MATERIALIZED (
        SELECT k.*, k.kind IN ('owned', 'by_name', 'trigger') AND (k.sequence IS NULL OR NOT EXISTS (SELECT FROM single s WHERE s.sequence = k.sequence)) AS in_blocks
          FROM known k
    ), shared AS MATERIALIZED (
        SELECT b.*, a.attname FROM blocked b
          JOIN pg_class c ON c.oid = b.relation AND c.relkind = 'r' AND c.relhassubclass
          JOIN pg_attribute a ON a.attrelid = b.relation AND a.attnum = b.attribute
         WHERE b.kind IN ('owned', 'by_name') AND b.drawing = 'plain'
    ), children AS (
        -- Tables that inherit from a table whose ids an application draws hold ids of its sequence.
        WITH RECURSIVE below AS (
            SELECT s.sequence, i.inhrelid AS relation, a.attnum AS attribute, s.kind, s.in_blocks, s.attname
              FROM shared s JOIN pg_inherits i ON i.inhparent = s.relation
              JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = s.attname AND NOT a.attisdropped
             WHERE NOT EXISTS (SELECT FROM blocked f WHERE f.relation = i.inhrelid AND f.attribute = a.attnum)
             UNION
            SELECT b.sequence, i.inhrelid, a.attnum, b.kind, b.in_blocks, b.attname
              FROM below b JOIN pg_inherits i ON i.inhparent = b.relation
              JOIN pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = b.attname AND NOT a.attisdropped
             WHERE NOT EXISTS (SELECT FROM blocked f WHERE f.relation = i.inhrelid AND f.attribute = a.attnum)
        )
        SELECT DISTINCT ON (b.relation, b.attribute) b.* FROM below b
    ), complete AS MATERIALIZED (
        SELECT b.* FROM blocked b
        UNION ALL
        SELECT c.sequence, c.relation, c.attribute, c.kind, 'plain', NULL, c.in_blocks FROM children c
    ), several AS MATERIALIZED (
        SELECT c.sequence FROM complete c WHERE c.sequence IS NOT NULL GROUP BY c.sequence HAVING count(*) > 1
    ), drawers AS MATERIALIZED (
        SELECT DISTINCT ON (c.sequence, c.relation, a.attname) c.sequence, c.relation, c.attribute, c.drawing, c.reason, a.attname
          FROM complete c JOIN several s ON s.sequence = c.sequence
          JOIN pg_attribute a ON a.attrelid = c.relation AND a.attnum = c.attribute
         WHERE c.drawing <> 'unused'
    ), ancestors AS (
        WITH RECURSIVE above AS (
            SELECT d.relation AS child, i.inhparent AS ancestor FROM (SELECT DISTINCT relation FROM drawers) d JOIN pg_inherits i ON i.inhrelid = d.relation
             UNION
            SELECT a.child, i.inhparent FROM above a JOIN pg_inherits i ON i.inhrelid = a.ancestor
        )
        SELECT a.child, a.ancestor FROM above a
    ), drawing_ancestors AS MATERIALIZED (
        SELECT d.sequence, d.relation, d.attribute, p.relation AS head_relation, p.attribute AS head_attribute
          FROM drawers d JOIN ancestors a ON a.child = d.relation
          JOIN drawers p ON p.relation = a.ancestor AND p.sequence = d.sequence AND p.attname = d.attname
                        AND p.drawing = d.drawing AND p.reason IS NOT DISTINCT FROM d.reason
    ), heads AS MATERIALIZED (
        SELECT DISTINCT ON (d.sequence, d.relation, d.attribute) d.*
          FROM drawing_ancestors d
         WHERE NOT EXISTS (SELECT FROM drawing_ancestors o JOIN ancestors a ON a.child = d.head_relation AND a.ancestor = o.head_relation
                            WHERE o.sequence = d.sequence AND o.relation = d.relation AND o.attribute = d.attribute)
         ORDER BY d.sequence, d.relation, d.attribute, d.head_relation
    )
    SELECT c.sequence, c.relation, c.attribute, c.kind, c.drawing, c.reason, c.in_blocks, h.head_relation, h.head_attribute,
           NULL::oid[], NULL::int2[], NULL::boolean
      FROM complete c
      LEFT JOIN heads h ON h.sequence = c.sequence AND h.relation = c.relation AND h.attribute = c.attribute
    UNION ALL
    SELECT (n ->> 's')::oid, NULL, NULL, 'none', NULL, NULL, true, NULL, NULL,
           ARRAY(SELECT x::oid FROM jsonb_array_elements_text(CASE jsonb_typeof(n -> 'r') WHEN 'array' THEN n -> 'r' ELSE '[]' END) x),
           ARRAY(SELECT x::int2 FROM jsonb_array_elements_text(CASE jsonb_typeof(n -> 'a') WHEN 'array' THEN n -> 'a' ELSE '[]' END) x),
           (n ->> 'o')::boolean
      FROM jsonb_array_elements(unlinked.none) n;
END $fn$;
