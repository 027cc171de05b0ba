-- Returns the links of sequences that no default draws from, by name, and the sequences for which
-- there is none, with the columns that they may feed, as src/sequences/unlinked.rs does.
--
-- "linked" holds the sequences with a link, "fed" the columns with one, as relation and attribute.
-- "triggered" and the array after it hold the tables whose triggers draw for an unknown column, and
-- the sequences if they are known. A link of such a trigger has kind trigger; unresolved ones have
-- its reason.
CREATE FUNCTION @extschema@.fc_seq_names(linked oid[], fed_relations oid[], fed_attributes int2[], triggered oid[], triggered_sequences oid[], triggered_reasons text[])
RETURNS TABLE (sequence oid, relation oid, attribute int2, kind text, reason text, candidate_relations oid[], candidate_attributes int2[], is_outstanding boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    rest oid[];
    unlinked record;
    schemas oid[];
BEGIN
    rest := (SELECT array_agg(u.oid)
               FROM (
                @queries/all_sequences.sql@
               ) a (oids) CROSS JOIN LATERAL unnest(a.oids) u (oid)
              WHERE u.oid <> ALL (linked));
    IF rest IS NULL AND cardinality(triggered) = 0 THEN
        RETURN;
    END IF;
    SELECT coalesce(array_agg(q.oid), '{}') AS oids, coalesce(array_agg(q.schema), '{}') AS schemas, coalesce(array_agg(q.name), '{}') AS names INTO unlinked FROM (
        @queries/unlinked_sequences.sql(rest)@
    ) q (oid, schema, name);
    schemas := ARRAY(SELECT DISTINCT s FROM unnest(unlinked.schemas) s);
    RETURN QUERY
    WITH seqs AS MATERIALIZED (
        SELECT u.oid, u.schema, u.name, lower(u.name) AS lowered, u.place, @extschema@.fc_seq_stems(lower(u.name)) AS stems,
               @extschema@.fc_seq_is_generic(u.name) AS is_generic
          FROM unnest(unlinked.oids, unlinked.schemas, unlinked.names) WITH ORDINALITY u (oid, schema, name, place)
    ), tabs AS MATERIALIZED (
        SELECT u.oid, u.schema, u.name, lower(u.name) AS lowered, @extschema@.fc_seq_likeness(u.name) AS likeness
          FROM (
            @queries/tables_in_schemas.sql(schemas)@
          ) q (oids, schemas, names), unnest(q.oids, q.schemas, q.names) u (oid, schema, name)
    ), keys AS MATERIALIZED (
        -- The names that a stem may start with, and how it may be spelled.
        SELECT s.oid AS sequence, s.schema, k.key, false AS is_likeness
          FROM seqs s CROSS JOIN LATERAL unnest(s.stems || CASE WHEN octet_length(s.name) >= 60 THEN ARRAY[s.lowered] ELSE '{}' END) st (stem)
         CROSS JOIN LATERAL (
            SELECT array_to_string((string_to_array(st.stem, '_'))[1:n], '_') AS key
              FROM generate_series(1, cardinality(string_to_array(st.stem, '_'))) n) k
         WHERE k.key <> ''
        UNION
        SELECT s.oid, s.schema, @extschema@.fc_seq_likeness(w.word), true
          FROM seqs s CROSS JOIN LATERAL unnest(s.stems || CASE WHEN octet_length(s.name) >= 60 THEN ARRAY[s.lowered] ELSE '{}' END) st (stem)
         CROSS JOIN LATERAL (SELECT st.stem AS word UNION SELECT regexp_replace(st.stem, '_(id|pk|key)$', '')) w
    ), near AS MATERIALIZED (
        SELECT k.sequence, t.oid AS relation, t.lowered, t.likeness FROM keys k JOIN tabs t ON t.schema = k.schema AND t.lowered = k.key WHERE NOT k.is_likeness
        UNION
        SELECT k.sequence, t.oid, t.lowered, t.likeness FROM keys k JOIN tabs t ON t.schema = k.schema AND t.likeness = k.key WHERE k.is_likeness
        UNION
        SELECT s.oid, t.oid, t.lowered, t.likeness FROM seqs s JOIN tabs t ON t.schema = s.schema
         WHERE octet_length(s.name) >= 60 AND octet_length(t.name) > 16 AND position(left(t.lowered, 16) IN s.lowered) > 0
    ), bare AS MATERIALIZED (
        SELECT b.*, (b.is_not_null OR b.is_unique OR b.is_key) AND NOT b.refers AS is_plausible
          FROM (
            @queries/number_columns_without_default.sql(ARRAY(SELECT n.relation FROM near n UNION SELECT t FROM unnest(triggered) t UNION SELECT t.oid FROM tabs t JOIN seqs s ON s.schema = t.schema AND s.is_generic))@
          ) b (relation, attribute, name, is_not_null, is_key, is_unique, refers)
         WHERE NOT EXISTS (SELECT FROM unnest(fed_relations, fed_attributes) f (r, a) WHERE f.r = b.relation AND f.a = b.attribute)
    ), key_columns AS MATERIALIZED (
        -- The column that holds the table's ids.
        SELECT b.relation, min(b.attribute) AS attribute
          FROM bare b
         WHERE NOT b.refers
           AND CASE WHEN EXISTS (SELECT FROM bare o WHERE o.relation = b.relation AND o.is_key)
                    THEN b.is_key ELSE b.is_unique AND b.is_not_null END
         GROUP BY b.relation HAVING count(*) = 1
    ), pairs AS MATERIALIZED (
        SELECT n.sequence, n.relation, named.attribute AS named, named.is_plausible, k.attribute AS key,
               @extschema@.fc_seq_is_named_after(s.lowered, n.lowered, NULL) AS is_tables,
               EXISTS (SELECT FROM keys y WHERE y.sequence = n.sequence AND y.is_likeness AND y.key = n.likeness
                          AND octet_length(s.name) < 60) AS resembles
          FROM near n
          JOIN seqs s ON s.oid = n.sequence
          LEFT JOIN key_columns k ON k.relation = n.relation
          LEFT JOIN LATERAL (SELECT b.attribute, b.is_plausible FROM bare b
                              WHERE b.relation = n.relation AND @extschema@.fc_seq_is_named_after(s.lowered, n.lowered, lower(b.name))
                              ORDER BY b.attribute LIMIT 1) named ON true
    ), matched AS MATERIALIZED (
        SELECT p.sequence, p.relation, CASE WHEN p.named IS NOT NULL THEN CASE WHEN p.is_plausible THEN p.named END
                                            WHEN p.is_tables THEN p.key END AS attribute
          FROM pairs p
    ), by_trigger AS MATERIALIZED (
        SELECT t.sequence, t.relation, coalesce(m.attribute, k.attribute) AS attribute, t.reason
          FROM unnest(triggered, triggered_sequences, triggered_reasons) t (relation, sequence, reason)
          LEFT JOIN key_columns k ON k.relation = t.relation
          LEFT JOIN LATERAL (
            SELECT b.attribute FROM bare b JOIN tabs ta ON ta.oid = b.relation JOIN seqs s ON s.oid = t.sequence
             WHERE b.relation = t.relation AND @extschema@.fc_seq_is_named_after(s.lowered, ta.lowered, lower(b.name)) AND b.is_plausible
             ORDER BY b.attribute LIMIT 1) m ON true
         WHERE (t.sequence IS NULL OR t.sequence = ANY (unlinked.oids)) AND coalesce(m.attribute, k.attribute) IS NOT NULL
    ), taken AS MATERIALIZED (
        SELECT b.relation, b.attribute FROM by_trigger b WHERE b.sequence IS NOT NULL
    ), open AS MATERIALIZED (
        SELECT s.* FROM seqs s WHERE NOT EXISTS (SELECT FROM by_trigger b WHERE b.sequence = s.oid)
    ), all_matches AS MATERIALIZED (
        SELECT m.sequence, count(*) AS matches, min(m.relation) AS relation, min(m.attribute) AS attribute
          FROM matched m JOIN open o ON o.oid = m.sequence WHERE m.attribute IS NOT NULL GROUP BY m.sequence
    ), single AS MATERIALIZED (
        SELECT a.*, count(*) OVER (PARTITION BY a.relation, a.attribute) AS claims FROM all_matches a WHERE a.matches = 1
    ), by_name AS MATERIALIZED (
        SELECT s.sequence, s.relation, s.attribute FROM single s
         WHERE s.claims = 1 AND NOT EXISTS (SELECT FROM taken t WHERE t.relation = s.relation AND t.attribute = s.attribute)
    ), candidates AS MATERIALIZED (
        SELECT c.sequence, c.relation, c.attribute, c.rank FROM (
            SELECT m.sequence, m.relation, m.attribute, 1 AS rank FROM matched m WHERE m.attribute IS NOT NULL
            UNION ALL
            SELECT p.sequence, p.relation, coalesce(p.named, CASE WHEN p.resembles THEN p.key END), 2 FROM pairs p
            UNION ALL
            SELECT s.oid, k.relation, k.attribute, 3 FROM seqs s JOIN tabs t ON t.schema = s.schema JOIN key_columns k ON k.relation = t.oid WHERE s.is_generic
        ) c
        JOIN open o ON o.oid = c.sequence
         WHERE c.attribute IS NOT NULL
           AND NOT EXISTS (SELECT FROM taken t WHERE t.relation = c.relation AND t.attribute = c.attribute)
           AND NOT EXISTS (SELECT FROM by_name n WHERE n.sequence = c.sequence)
    ), best AS MATERIALIZED (
        SELECT DISTINCT c.sequence, c.relation, c.attribute
          FROM candidates c WHERE c.rank = (SELECT min(d.rank) FROM candidates d WHERE d.sequence = c.sequence)
    )
    SELECT b.sequence, b.relation, b.attribute, 'trigger', b.reason, NULL::oid[], NULL::int2[], NULL::boolean FROM by_trigger b
    UNION ALL
    SELECT n.sequence, n.relation, n.attribute, 'by_name', NULL, NULL, NULL, NULL FROM by_name n
    UNION ALL
    SELECT o.oid, NULL, NULL, 'none', NULL, c.relations, c.attributes,
           cardinality(c.relations) = 1
           AND (SELECT count(*) FROM best x WHERE x.relation = c.relations[1] AND x.attribute = c.attributes[1]) = 1
      FROM open o
      LEFT JOIN LATERAL (SELECT array_agg(x.relation ORDER BY x.relation) AS relations, array_agg(x.attribute ORDER BY x.relation) AS attributes
                           FROM best x WHERE x.sequence = o.oid) c ON true
     WHERE NOT EXISTS (SELECT FROM by_name n WHERE n.sequence = o.oid);
END $fn$;
