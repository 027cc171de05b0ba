-- The tool of each key and application_name of one database. Every tool's keys are compared first
-- as constants; names are hashed only for keys that no constant explains.
CREATE FUNCTION @extschema@.fc_name_keys(keys text[], applications text[], here boolean, database_name text)
RETURNS TABLE (lock_key text, application text, tool text, evidence text, purpose text, scope text, release text, self_blocked text,
    tables text[], is_application boolean, subject_schema text, subject_table text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    tools jsonb := @extschema@.fc_tools();
    schemas text[] := CASE WHEN here THEN ARRAY(SELECT s.schema_name FROM @extschema@.fc_user_schemas() s) ELSE '{public}' END;
    wanted text[];
    history jsonb := '[]';
    relations jsonb := '[]';
BEGIN
    IF here THEN
        relations := coalesce((SELECT jsonb_agg(to_jsonb(r)) FROM @extschema@.fc_relations_named(ARRAY(
            SELECT regexp_replace(m.name, '^[^.]*\.', '') FROM jsonb_array_elements(tools) t (tool), jsonb_array_elements(t.tool -> 'markers') g (names), jsonb_array_elements_text(g.names) m (name)
            UNION SELECT n.name FROM jsonb_array_elements(tools) t (tool), jsonb_array_elements(t.tool -> 'locks') l (lock), jsonb_array_elements(l.lock -> 'keys') k (key),
                                     jsonb_array_elements_text(k.key #> '{names,tables}') n (name))) r), '[]');
    END IF;
    -- The keys that no constant explains by itself.
    wanted := ARRAY(SELECT DISTINCT k.key FROM unnest(keys) k (key) WHERE NOT EXISTS (
        SELECT FROM jsonb_array_elements(tools) t (tool), jsonb_array_elements(t.tool -> 'locks') l (lock), jsonb_array_elements(l.lock -> 'keys') c (key)
         WHERE c.key ->> 'key' = k.key AND NOT c.key ? 'common' AND @extschema@.fc_is_distinctive(k.key)));
    IF here AND EXISTS (SELECT FROM unnest(wanted) w (key) WHERE @extschema@.fc_is_distinctive(w.key)) THEN
        history := coalesce((SELECT jsonb_agg(to_jsonb(h)) FROM @extschema@.fc_history_tables() h), '[]');
    END IF;
    RETURN QUERY
    WITH tool AS MATERIALIZED (
        SELECT t.no, t.tool ->> 'name' AS name, t.tool AS about FROM jsonb_array_elements(tools) WITH ORDINALITY t (tool, no)
    ), entry AS MATERIALIZED (
        SELECT t.no AS tool_no, t.name, t.about, row_number() OVER (ORDER BY t.no, l.no, k.no) AS no, l.lock, k.key AS candidate,
               coalesce(k.key ->> 'for', l.lock ->> 'lock') AS what,
               EXISTS (SELECT FROM jsonb_array_elements(t.about -> 'locks') ol (lock), jsonb_array_elements(ol.lock -> 'keys') ok (key)
                        WHERE coalesce(ok.key ->> 'for', ol.lock ->> 'lock') <> coalesce(k.key ->> 'for', l.lock ->> 'lock')) AS has_others,
               coalesce(k.key -> 'formula' ->> 'of', k.key ->> 'pair', '') AS template
          FROM tool t, jsonb_array_elements(t.about -> 'locks') WITH ORDINALITY l (lock, no), jsonb_array_elements(l.lock -> 'keys') WITH ORDINALITY k (key, no)
    ), relation AS MATERIALIZED (
        SELECT r.schema_name, r.relation_name FROM jsonb_to_recordset(relations) r (schema_name text, relation_name text)
    ), past AS MATERIALIZED (
        SELECT h.tool, h.schema_name, h.table_name FROM jsonb_to_recordset(history) h (tool text, schema_name text, table_name text)
    ), grouped AS MATERIALIZED (
        -- The schemas that contain all relations of a group of the tool's, or one of its history
        -- tables.
        SELECT t.name, r.schema_name, g.no AS group_no,
               ARRAY(SELECT regexp_replace(m.name, '^[^.]*\.', '') FROM jsonb_array_elements_text(g.names) WITH ORDINALITY m (name, no) ORDER BY m.no) AS relations
          FROM tool t, jsonb_array_elements(t.about -> 'markers') WITH ORDINALITY g (names, no)
          JOIN relation r ON r.relation_name = regexp_replace(g.names ->> 0, '^[^.]*\.', '')
         WHERE NOT EXISTS (SELECT FROM jsonb_array_elements_text(g.names) m (name)
                            WHERE m.name ~ '\.' AND split_part(m.name, '.', 1) <> r.schema_name
                               OR NOT EXISTS (SELECT FROM relation o WHERE o.schema_name = r.schema_name AND o.relation_name = regexp_replace(m.name, '^[^.]*\.', '')))
        UNION ALL
        SELECT p.tool, p.schema_name, 1000, ARRAY[p.table_name] FROM past p
    ), marker AS MATERIALIZED (
        SELECT DISTINCT ON (g.name) g.name,
               CASE WHEN cardinality(g.relations) = 1 THEN format('%s is in schema %s', @extschema@.fc_identifier(g.relations[1]), @extschema@.fc_identifier(g.schema_name))
                    ELSE format('%s are in schema %s', @extschema@.fc_series(ARRAY(SELECT @extschema@.fc_identifier(r.name) FROM unnest(g.relations) WITH ORDINALITY r (name, no) ORDER BY r.no), ' and '),
                                @extschema@.fc_identifier(g.schema_name)) END AS words
          FROM grouped g ORDER BY g.name, g.group_no, g.schema_name
    ), computed AS MATERIALIZED (
        SELECT e.* FROM entry e
         WHERE (e.candidate ? 'formula' AND EXISTS (SELECT FROM unnest(wanted) w (key) WHERE w.key !~ '[,:]' AND @extschema@.fc_is_distinctive(w.key))
                OR e.candidate ? 'pair' AND e.candidate::text ~ '"hash"' AND EXISTS (SELECT FROM unnest(wanted) w (key) WHERE w.key ~ ','))
           AND e.template !~ 'phash2|\{repo\}' AND e.candidate::text !~ '"(sha1-le64|hkdf-sha256-le64|ascii7-high|phash2)"'
    ), place AS MATERIALIZED (
        -- Every schema, and the tool's default schemas even if they do not exist.
        SELECT c.no, s.name AS schema_name,
               s.is_usual OR EXISTS (SELECT FROM grouped g WHERE g.name = c.name AND g.schema_name = s.name)
               OR EXISTS (SELECT FROM jsonb_array_elements_text(c.candidate #> '{names,tables}') n (name) JOIN relation r ON r.relation_name = n.name WHERE r.schema_name = s.name) AS is_likely
          FROM computed c CROSS JOIN LATERAL (
               SELECT u.name, true FROM jsonb_array_elements_text(coalesce(c.candidate #> '{names,schemas}', '["public"]')) u (name)
               UNION ALL SELECT o.name, false FROM unnest(schemas) o (name) WHERE NOT coalesce(c.candidate #> '{names,schemas}', '["public"]') ? o.name) s (name, is_usual)
    ), try AS MATERIALIZED (
        SELECT c.no, NULL::text AS schema_name, p.table_name, NULL::text AS name, true AS is_likely FROM computed c JOIN past p ON p.tool = c.name WHERE c.template ~ '\{table\}' AND c.template !~ '\{schema\}'
        UNION ALL SELECT c.no, NULL, n.name, NULL, true FROM computed c, jsonb_array_elements_text(c.candidate #> '{names,tables}') n (name) WHERE c.template ~ '\{table\}' AND c.template !~ '\{schema\}'
        UNION ALL SELECT c.no, p.schema_name, p.table_name, NULL, true FROM computed c JOIN past p ON p.tool = c.name WHERE c.template ~ '\{table\}' AND c.template ~ '\{schema\}'
        UNION ALL SELECT c.no, s.schema_name, n.name, NULL, s.is_likely FROM computed c JOIN place s ON s.no = c.no, jsonb_array_elements_text(c.candidate #> '{names,tables}') n (name) WHERE c.template ~ '\{table\}' AND c.template ~ '\{schema\}'
        UNION ALL SELECT c.no, s.schema_name, NULL, NULL, s.is_likely FROM computed c JOIN place s ON s.no = c.no WHERE c.template !~ '\{table\}' AND c.template ~ '\{schema\}'
        UNION ALL SELECT c.no, NULL, NULL, database_name, true FROM computed c WHERE c.template !~ '\{(table|schema)\}'
        UNION ALL SELECT c.no, NULL, NULL, s.schema_name, false FROM computed c JOIN place s ON s.no = c.no WHERE c.template !~ '\{(table|schema)\}' AND c.template ~ '\{name\}'
    ), attempt AS MATERIALIZED (
        SELECT t.no, t.is_likely, count(*) OVER (PARTITION BY t.no) AS attempts, e.each, c.candidate, c.template,
               jsonb_build_object('database', database_name, 'schema', t.schema_name, 'table', t.table_name, 'name', t.name, 'each', e.each) AS names
          FROM try t JOIN computed c ON c.no = t.no
         CROSS JOIN LATERAL (SELECT a.each FROM jsonb_array_elements_text(coalesce(c.candidate #> '{names,each}', '[""]')) WITH ORDINALITY a (each, no)
                              WHERE t.is_likely OR a.no = 1) e
    ), made AS MATERIALIZED (
        SELECT a.no, a.names, a.is_likely OR a.attempts * 1000000 <= CASE WHEN a.candidate ? 'formula' THEN @extschema@.fc_formula_values(a.candidate -> 'formula')
                         ELSE 2::numeric ^ 64 END AS is_strong,
               CASE WHEN a.candidate ? 'formula' THEN @extschema@.fc_formula(a.candidate -> 'formula', a.names)::text
                    ELSE (SELECT string_agg(CASE jsonb_typeof(p.part) WHEN 'number' THEN p.part #>> '{}' ELSE @extschema@.fc_formula(p.part, a.names)::text END, ',' ORDER BY p.no)
                            FROM jsonb_array_elements(a.candidate -> 'pair') WITH ORDINALITY p (part, no)) END AS key, a.is_likely
          FROM attempt a
    ), matched AS MATERIALIZED (
        SELECT k.key, e.no, e.name, e.lock, e.about, e.what, CASE WHEN e.has_others THEN e.what END AS which, e.candidate, m.strength, m.names
          FROM (SELECT DISTINCT u.key FROM unnest(keys) u (key)) k JOIN entry e ON e.candidate ? 'key' OR k.key = ANY (wanted)
         CROSS JOIN LATERAL (
            SELECT CASE WHEN e.candidate ? 'common' OR NOT @extschema@.fc_is_distinctive(k.key) THEN 2 ELSE 3 END, NULL::jsonb WHERE e.candidate ->> 'key' = k.key
            UNION ALL (SELECT CASE WHEN d.is_strong THEN 3 ELSE 2 END, d.names FROM made d WHERE d.no = e.no AND d.key = k.key ORDER BY d.is_likely DESC LIMIT 1)
            UNION ALL
            SELECT max(CASE WHEN abs(split_part(k.key, ',', p.no::int)::bigint) >= 1000000 THEN 3 ELSE 2 END) FILTER (WHERE jsonb_typeof(p.part) = 'number'), NULL
              FROM jsonb_array_elements(e.candidate -> 'pair') WITH ORDINALITY p (part, no) WHERE k.key ~ ',' AND e.candidate::text ~ '"(any|table_oid_plus)"'
            HAVING bool_and(jsonb_typeof(p.part) <> 'number' OR p.part #>> '{}' = split_part(k.key, ',', p.no::int))
            UNION ALL
            SELECT CASE WHEN e.candidate ? 'namespace' THEN 3 WHEN (e.candidate ->> 'to')::numeric - (e.candidate ->> 'from')::numeric < 10000 THEN 1 ELSE 0 END, NULL
             WHERE e.candidate ? 'from' AND k.key !~ '[,:]' AND CASE WHEN k.key !~ '[,:]' THEN k.key::numeric BETWEEN (e.candidate ->> 'from')::numeric AND (e.candidate ->> 'to')::numeric END
            UNION ALL
            SELECT 0, NULL WHERE e.candidate ? 'oid_of' AND CASE WHEN k.key !~ '[,:]' THEN k.key::numeric BETWEEN 1 AND 4294967295 END
            UNION ALL
            SELECT CASE WHEN e.candidate ? 'namespace' THEN 3 ELSE 2 END, NULL WHERE e.candidate ? 'objsubid' AND split_part(k.key, ':', 3) = e.candidate ->> 'objsubid'
         ) m (strength, names)
    ), asked AS (
        SELECT DISTINCT a.key, a.application FROM unnest(keys, applications) a (key, application)
    ), running AS (
        SELECT a.key, a.application, m.no, m.name, m.strength,
               EXISTS (SELECT FROM jsonb_array_elements_text(m.about -> 'application_names') n (name)
                        WHERE CASE WHEN n.name ~ '\*$' THEN starts_with(a.application, rtrim(n.name, '*')) ELSE n.name = a.application END) AS is_running,
               r.name IS NOT NULL AS has_tables, NOT m.lock ? 'embeds' AS is_original, bool_or(m.strength = 3) OVER (PARTITION BY a.key, a.application) AS any_own
          FROM asked a JOIN matched m ON m.key = a.key LEFT JOIN marker r ON r.name = m.name
    ), picked AS (
        SELECT DISTINCT ON (p.key, p.application) p.key, p.application, p.no, p.is_running FROM (
            SELECT r.key, r.application, s.no AS rule, (array_agg(r.no ORDER BY r.strength DESC, r.no))[1] AS no, max(r.strength) AS strength, bool_or(r.is_running) AS is_running
              FROM running r CROSS JOIN LATERAL (VALUES (1, r.is_running), (2, r.strength = 3), (3, r.strength = 3 AND r.has_tables), (4, r.strength = 3 AND r.is_original),
                                                        (5, r.has_tables AND NOT r.any_own)) s (no, is_in)
             WHERE s.is_in GROUP BY r.key, r.application, s.no HAVING count(DISTINCT r.name) = 1) p
         WHERE p.rule < 5 OR p.strength > 0 ORDER BY p.key, p.application, p.rule
    )
    SELECT a.key, a.application, m.name,
           CASE WHEN m.no IS NOT NULL THEN
               @extschema@.fc_key_reason(m.name, m.which, m.what, m.candidate, a.key, m.strength, m.names, here)
               || CASE WHEN p.is_running THEN '; application_name is ' || @extschema@.fc_identifier(a.application)
                       WHEN r.words IS NOT NULL AND (m.strength < 3 OR m.lock ? 'embeds') THEN '; its ' || r.words ELSE '' END
               || coalesce((SELECT string_agg(format('; %s''s %s', u.name, ur.words), '' ORDER BY u.no) FROM tool u JOIN marker ur ON ur.name = u.name
                             WHERE EXISTS (SELECT FROM jsonb_array_elements(u.about -> 'locks') ul (lock) WHERE ul.lock ->> 'embeds' = m.name)), '')
           ELSE (SELECT format('could be %s: %s',
                        CASE WHEN count(*) > 5 THEN format('%s and %s more', string_agg(c.words, ', ' ORDER BY c.no) FILTER (WHERE c.place <= 5), count(*) - 5)
                             ELSE @extschema@.fc_series(array_agg(c.words ORDER BY c.no), ' or ') END,
                        CASE WHEN bool_or(c.has_tables) THEN CASE WHEN count(*) = 1 THEN 'its tables are in this database, but the number does not identify it'
                                       ELSE 'each has tables in this database, and the number does not identify one of them' END
                             WHEN here THEN format('none of %s tables is in this database', CASE WHEN count(*) = 1 THEN 'its' ELSE 'their' END)
                             ELSE format('%s tables are not visible from this database', CASE WHEN count(*) = 1 THEN 'its' ELSE 'their' END) END)
                   FROM (SELECT f.name, min(f.no) AS no, row_number() OVER (ORDER BY min(f.no)) AS place,
                                format('%s (%s)', f.name, (array_agg(f.what ORDER BY f.no))[1]) AS words, bool_or(f.has_tables) AS has_tables
                           FROM (SELECT o.no, o.name, o.what, o.strength, h.name IS NOT NULL AS has_tables, bool_or(h.name IS NOT NULL) OVER () AS any_here
                                   FROM matched o LEFT JOIN marker h ON h.name = o.name WHERE o.key = a.key) f
                          WHERE CASE WHEN f.any_here THEN f.has_tables ELSE f.strength >= 2 END GROUP BY f.name) c
                 HAVING count(*) > 0) END,
           m.lock ->> 'purpose', m.lock ->> 'scope', m.lock ->> 'release', m.lock ->> 'self_blocked',
           ARRAY(SELECT regexp_replace(x.name, '^[^.]*\.', '') FROM jsonb_array_elements(m.about -> 'markers') g (names), jsonb_array_elements_text(g.names) x (name)
                 UNION SELECT n.name FROM jsonb_array_elements(m.lock -> 'keys') k (key), jsonb_array_elements_text(k.key #> '{names,tables}') n (name)),
           coalesce(p.is_running, false),
           CASE WHEN m.candidate::text ~ '\{schema\}' THEN m.names ->> 'schema' END, CASE WHEN m.candidate::text ~ '\{table\}' THEN m.names ->> 'table' END
      FROM asked a LEFT JOIN picked p ON p.key = a.key AND p.application IS NOT DISTINCT FROM a.application
      LEFT JOIN matched m ON m.no = p.no AND m.key = a.key LEFT JOIN marker r ON r.name = m.name;
END $fn$;
