-- Takes a snapshot of a schema, or of all except the system's, in the format that
-- src/snapshot/model.rs defines, but without "contents".
--
-- obstacle: what kept something from being read, worst first
CREATE FUNCTION @extschema@.fc_snapshot(named oid, exact boolean)
RETURNS TABLE (snapshot jsonb, obstacle text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH spaces AS MATERIALIZED (
    SELECT s.* FROM @extschema@.fc_snap_schemas(named) s
), scope AS MATERIALIZED (
    SELECT ARRAY(SELECT s.id FROM spaces s) AS ids, named IS NULL AS with_database
), tables AS MATERIALIZED (
    SELECT t.* FROM scope, @extschema@.fc_snap_tables(scope.ids) t
), parts AS MATERIALIZED (
    SELECT p.*
      FROM @extschema@.fc_snap_parts(ARRAY(SELECT t.relation FROM tables t ORDER BY t.relation), ARRAY(SELECT t.relation FROM tables t WHERE t.has_policies),
               ARRAY(SELECT t.relation FROM tables t WHERE t.has_rules), ARRAY(SELECT t.relation FROM tables t WHERE t.relkind IN ('v', 'm'))) p
), undescribed AS MATERIALIZED (
    SELECT p.relation, p.what, min(p.name) AS reason, min(p.options) AS state FROM parts p WHERE p.what IN ('undescribed', 'dropped') GROUP BY p.relation, p.what
), objects AS MATERIALIZED (
    SELECT o.* FROM scope, @extschema@.fc_snap_objects(scope.ids, scope.with_database) o
), bodies AS MATERIALIZED (
    SELECT b.* FROM @extschema@.fc_snap_bodies(ARRAY(SELECT o.object FROM objects o WHERE o.is_parsed ORDER BY o.object)) b
), notes AS MATERIALIZED (
    SELECT n.* FROM @extschema@.fc_snap_notes() n
), extensions AS MATERIALIZED (
    SELECT e.*
      FROM (
        @queries/snapshot_extensions.sql@
      ) e (name, version, schema, id)
), rows AS MATERIALIZED (
    SELECT r.*
      FROM (SELECT array_agg(t.relation ORDER BY t.relation) AS relations, array_agg(t.key::int2 ORDER BY t.relation) AS keys
              FROM tables t
             WHERE t.relkind IN ('r', 'm') AND t.is_populated AND t.relation NOT IN (SELECT u.relation FROM undescribed u)) a
     CROSS JOIN LATERAL @extschema@.fc_snap_rows(a.relations, a.keys, exact) r
     WHERE a.relations IS NOT NULL
), sequences AS MATERIALIZED (
    SELECT s.* FROM scope, @extschema@.fc_snap_sequences(scope.ids, (SELECT count(*) FROM rows)) s
), places AS MATERIALIZED (
    -- Where what belongs to an address is attached: to which object, and to which part of it.
    SELECT 1259::oid AS class, t.relation AS object, 1259::oid AS to_class, t.relation AS to_object, '' AS part FROM tables t
     UNION ALL
    SELECT p.class, p.object, 1259, p.relation, CASE p.what WHEN 'column' THEN 'default' ELSE p.what END || ' ' || p.name FROM parts p WHERE p.object IS NOT NULL
     UNION ALL
    SELECT 1259, p.index, 1259, p.relation, 'index ' || p.name FROM parts p WHERE p.index IS NOT NULL
     UNION ALL
    -- A setting has the address of the database.
    SELECT o.class, o.object, o.class, o.object, '' FROM objects o WHERE o.class <> 0 AND o.kind <> 'setting'
     UNION ALL
    SELECT 1259, s.relation, 1259, s.relation, '' FROM sequences s
     UNION ALL
    SELECT 2615, s.id, 2615, s.id, '' FROM spaces s
     UNION ALL
    SELECT 3079, e.id, 3079, e.id, '' FROM extensions e
     UNION ALL
    SELECT 1262, d.oid, 1262, d.oid, '' FROM pg_database d WHERE d.datname = current_database()
), attached AS MATERIALIZED (
    SELECT n.what, p.to_class AS class, p.to_object AS object, coalesce(nullif(n.part, ''), p.part) AS part, n.key, n.value
      FROM notes n JOIN places p ON p.class = n.class AND p.object = n.object
     WHERE n.what IN ('comments', 'privileges') AND n.of_system IS NULL
     UNION ALL
    SELECT n.what, 1262, d.oid, n.of_system, n.key, n.value
      FROM notes n JOIN pg_database d ON d.datname = current_database()
     WHERE n.of_system IS NOT NULL
), names AS MATERIALIZED (
    SELECT o.class, o.object, min(o.kind || ' ' || o.identity) AS name FROM objects o WHERE o.class <> 0 GROUP BY o.class, o.object
     UNION ALL
    SELECT 3079, e.id, 'extension ' || @extschema@.fc_used_name(e.name) FROM extensions e
     UNION ALL
    SELECT 2615, n.oid, 'schema ' || @extschema@.fc_used_name(n.nspname) FROM pg_namespace n
), uses AS MATERIALIZED (
    SELECT p.to_class AS class, p.to_object AS object, n.to_class, n.to_object, n.to_column,
           CASE WHEN p.to_class <> 1259 THEN '' WHEN n.from_column > 0 AND p.part = '' THEN 'column ' || c.name ELSE p.part END AS part
      FROM notes n
      JOIN places p ON p.class = n.class AND p.object = n.object
      LEFT JOIN parts c ON c.relation = p.to_object AND c.what = 'column' AND c.number = n.from_column AND p.part = ''
     WHERE n.what = 'dependencies'
       AND (p.to_class = 1259 AND p.to_object IN (SELECT t.relation FROM tables t) OR p.to_class NOT IN (1259, 2615, 3079, 1262))
       AND (p.to_class <> 1259 OR n.from_column = 0 OR p.part <> '' OR c.name IS NOT NULL)
), used AS MATERIALIZED (
    SELECT u.class, u.object, u.part, n.name
      FROM uses u JOIN names n ON n.class = u.to_class AND n.object = u.to_object
     UNION
    SELECT u.class, u.object, u.part, r.name
      FROM uses u
      JOIN pg_class c ON u.to_class = 1259 AND c.oid = u.to_object
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attribute a ON u.to_column > 0 AND a.attrelid = c.oid AND a.attnum = u.to_column AND NOT a.attisdropped
     CROSS JOIN LATERAL (SELECT @extschema@.fc_used_name(n.nspname) || '.' || @extschema@.fc_used_name(c.relname) AS tab OFFSET 0) q
     CROSS JOIN LATERAL (VALUES ('relation ' || q.tab), ('column ' || q.tab || '.' || @extschema@.fc_used_name(a.attname))) r (name)
     WHERE r.name IS NOT NULL
), attributes AS MATERIALIZED (
    SELECT f.class, f.object, jsonb_object_agg(f.field, f.value) AS attributes
      FROM (
        SELECT a.class, a.object, 'comments' AS field, jsonb_object_agg(a.part, a.value) AS value
          FROM attached a WHERE a.what = 'comments' AND a.key IS NULL GROUP BY a.class, a.object
         UNION ALL
        SELECT a.class, a.object, 'labels', jsonb_object_agg(a.key || ' ' || a.part, a.value)
          FROM attached a WHERE a.what = 'comments' AND a.key IS NOT NULL GROUP BY a.class, a.object
         UNION ALL
        SELECT r.class, r.object, 'privileges', jsonb_object_agg(r.part, r.roles)
          FROM (SELECT a.class, a.object, a.part, jsonb_object_agg(a.key, a.value) AS roles
                  FROM attached a WHERE a.what = 'privileges' GROUP BY a.class, a.object, a.part) r
         GROUP BY r.class, r.object
         UNION ALL
        SELECT r.class, r.object, 'uses', jsonb_object_agg(r.part, r.names)
          FROM (SELECT u.class, u.object, u.part, jsonb_agg(u.name ORDER BY u.name COLLATE "C") AS names
                  FROM used u GROUP BY u.class, u.object, u.part) r
         GROUP BY r.class, r.object
       ) f
     GROUP BY f.class, f.object
), pieces AS MATERIALIZED (
    SELECT f.relation, f.field, jsonb_object_agg(f.name, f.value) AS value
      FROM (
        -- Numbered without gaps, since a dump and restore closes those of dropped columns.
        SELECT p.relation, k.field, p.name,
               CASE WHEN p.what = 'column' AND p.relation NOT IN (SELECT t.relation FROM tables t WHERE t.relkind IN ('v', 'm'))
                    THEN p.value || jsonb_build_object('position', rank() OVER (PARTITION BY p.relation, p.what ORDER BY p.number))
                    ELSE p.value END AS value
          FROM parts p
          JOIN (VALUES ('column', 'columns'), ('constraint', 'constraints'), ('index', 'indexes'), ('trigger', 'triggers'), ('policy', 'policies'),
                       ('rule', 'rules'), ('property', 'properties')) k (what, field) ON k.what = p.what
         UNION ALL
        SELECT p.relation, 'properties', p.what || ' ' || p.name, to_jsonb(p.options)
          FROM parts p WHERE p.what IN ('column', 'constraint', 'index') AND p.options <> ''
       ) f
     GROUP BY f.relation, f.field
), described AS MATERIALIZED (
    SELECT p.relation, jsonb_object_agg(p.field, p.value) AS fields FROM pieces p GROUP BY p.relation
), table_fields AS MATERIALIZED (
    SELECT t.schema, t.name,
           t.fields || '{"columns": {}, "constraints": {}, "indexes": {}, "triggers": {}}' || coalesce(d.fields, '{}')
           || jsonb_strip_nulls(jsonb_build_object(
                  'rows', CASE WHEN NOT t.is_populated AND t.relkind = 'm' THEN '{"count": 0, "exact": true}'
                               WHEN r.rows IS NOT NULL THEN jsonb_build_object('count', r.rows, 'exact', r.is_exact) END,
                  'key_range', CASE WHEN r.first IS NOT NULL THEN jsonb_build_object('first', r.first, 'last', r.last) END,
                  'undescribed', u.reason,
                  'unread', CASE WHEN t.relkind IN ('r', 'm') THEN coalesce(u.reason, r.unread) END,
                  'attributes', a.attributes)) AS fields,
           CASE WHEN u.state IS NULL THEN r.obstacle WHEN u.state = '55P03' THEN 'lock' ELSE 'other' END AS obstacle
      FROM tables t
      LEFT JOIN described d ON d.relation = t.relation
      LEFT JOIN rows r ON r.relation = t.relation
      LEFT JOIN undescribed u ON u.relation = t.relation
      LEFT JOIN attributes a ON a.class = 1259 AND a.object = t.relation
     WHERE u.what IS DISTINCT FROM 'dropped'
       AND (u.what = 'undescribed' OR r.relation IS NOT NULL OR NOT (t.relkind IN ('r', 'm') AND t.is_populated))
), object_fields AS MATERIALIZED (
    SELECT o.schema, o.kind, o.identity,
           jsonb_strip_nulls(jsonb_build_object('owner', o.owner, 'definition', CASE WHEN o.is_parsed THEN concat(o.definition, ' ', b.body) ELSE o.definition END,
               'body', @extschema@.fc_fingerprint(o.body), 'attributes', a.attributes)) AS fields
      FROM objects o
      LEFT JOIN bodies b ON o.is_parsed AND b.function = o.object AND b.failure IS NULL
      LEFT JOIN attributes a ON a.class = o.class AND a.object = o.object AND o.kind <> 'setting'
     WHERE o.class <> 0
), kinds AS MATERIALIZED (
    SELECT o.schema, jsonb_object_agg(o.kind, o.objects) AS objects
      FROM (SELECT f.schema, f.kind, jsonb_object_agg(f.identity, f.fields) AS objects
              FROM object_fields f GROUP BY f.schema, f.kind) o
     GROUP BY o.schema
), sequence_fields AS MATERIALIZED (
    SELECT s.schema, jsonb_object_agg(s.name, s.fields || jsonb_strip_nulls(jsonb_build_object('attributes', a.attributes))) AS fields
      FROM sequences s LEFT JOIN attributes a ON a.class = 1259 AND a.object = s.relation
     GROUP BY s.schema
), table_groups AS MATERIALIZED (
    SELECT t.schema, jsonb_object_agg(t.name, t.fields) AS fields
      FROM table_fields t GROUP BY t.schema
), contained AS MATERIALIZED (
    SELECT s.name, jsonb_strip_nulls(jsonb_build_object('owner', s.owner, 'attributes', a.attributes))
               || jsonb_build_object('tables', coalesce(t.fields, '{}'), 'sequences', coalesce(q.fields, '{}'), 'objects', coalesce(k.objects, '{}')) AS fields
      FROM spaces s
      LEFT JOIN table_groups t ON t.schema = s.id
      LEFT JOIN sequence_fields q ON q.schema = s.id
      LEFT JOIN kinds k ON k.schema = s.id
      LEFT JOIN attributes a ON a.class = 2615 AND a.object = s.id
), unread AS MATERIALIZED (
    SELECT jsonb_object_agg(u.what, u.reason) AS reasons
      FROM (SELECT o.kind, o.definition FROM objects o WHERE o.class = 0
             UNION ALL
            SELECT n.what, n.value FROM notes n WHERE n.class = 0
             UNION ALL
            SELECT 'bodies of functions', b.failure FROM bodies b WHERE b.failure IS NOT NULL) u (what, reason)
)
SELECT jsonb_build_object('format_version', 1, 'taken_at', i.taken_at, 'identity', i.identity,
           'scope', jsonb_strip_nulls(jsonb_build_object('schema', (SELECT s.name FROM spaces s WHERE named IS NOT NULL), 'exact', exact, 'checksum', false)),
           'extensions', (SELECT coalesce(jsonb_object_agg(e.name, jsonb_strip_nulls(jsonb_build_object('version', e.version, 'schema', e.schema, 'attributes', a.attributes))), '{}')
                            FROM extensions e LEFT JOIN attributes a ON a.class = 3079 AND a.object = e.id),
           'schemas', (SELECT coalesce(jsonb_object_agg(c.name, c.fields), '{}') FROM contained c))
       || jsonb_strip_nulls(jsonb_build_object('unread', (SELECT u.reasons FROM unread u)))
       || CASE WHEN named IS NOT NULL THEN '{}'
               ELSE jsonb_build_object('database', jsonb_strip_nulls(jsonb_build_object(
                        'objects', coalesce((SELECT k.objects FROM kinds k WHERE k.schema IS NULL), '{}'),
                        'large_objects', @extschema@.fc_snap_large_objects(),
                        'attributes', (SELECT a.attributes FROM attributes a WHERE a.class = 1262)))) END,
       (SELECT o.obstacle
          FROM (SELECT t.obstacle FROM table_fields t UNION ALL SELECT s.obstacle FROM sequences s) o
         WHERE o.obstacle IS NOT NULL
         ORDER BY array_position('{privilege,owner,memory,lock,other}', o.obstacle)
         LIMIT 1)
  FROM @extschema@.fc_snap_identity() i
$fn$;
