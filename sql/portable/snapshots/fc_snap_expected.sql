-- Raises an error unless the argument of db_assert is a whole snapshot, or has only fields of one
-- that can be written by hand: a misspelt one would be ignored.
CREATE FUNCTION @extschema@.fc_snap_expected(expected jsonb)
RETURNS void LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    how CONSTANT text := 'Pass the whole result of db_snapshot(): SELECT db_snapshot();';
    is_whole CONSTANT boolean := jsonb_typeof(expected) = 'object' AND expected ->> 'format_version' IS NOT NULL;
    problem record;
    said record;
BEGIN
    IF jsonb_typeof(expected) <> 'object' THEN
        RETURN;
    END IF;
    IF is_whole THEN
        IF expected ->> 'format_version' = '0' THEN
            PERFORM @extschema@.fc_raise('22023', 'argument "expected" is not a snapshot: it has no format_version', NULL, how);
        ELSIF jsonb_typeof(expected -> 'format_version') = 'number' AND (expected ->> 'format_version')::numeric > 1 THEN
            PERFORM @extschema@.fc_raise('0A000', format('snapshot format version %s in argument "expected" is not supported', expected ->> 'format_version'),
                'This version of pg_flightcheck supports up to version 1.', 'Install the version of pg_flightcheck that took the snapshot.');
        END IF;
    END IF;
    FOR problem IN
        WITH fields (path, keys, kind, wanted, required, value) AS (
            SELECT '', '{identity,schemas}'::text[], 'object', 'an object', true, expected
             UNION ALL
            SELECT f.path, '{}', f.kind, f.wanted, f.required, expected #> string_to_array(f.path, '.')
              FROM (VALUES ('taken_at', 'string', 'a string', is_whole), ('scope', 'object', 'an object', is_whole), ('contents', 'object', 'an object', is_whole),
                           ('extensions', 'object', 'an object', is_whole), ('database', 'object', 'an object', is_whole AND expected #> '{scope,schema}' IS NULL),
                           ('identity.system_identifier', 'string', 'a string', is_whole), ('identity.database', 'string', 'a string', is_whole),
                           ('identity.database_oid', 'number', 'a whole number from 0 to 4294967295', is_whole)) f (path, kind, wanted, required)
             WHERE is_whole OR f.path LIKE 'identity.%'
             UNION ALL
            SELECT 'contents.' || u.what, '{}', 'number', 'a whole number from 0 to 18446744073709551615', true, expected #> ARRAY['contents', u.what]
              FROM unnest('{schemas,tables,columns,sequences,objects,constraints,indexes,triggers,policies,rules,fields}'::text[]) u (what)
             WHERE is_whole AND jsonb_typeof(expected -> 'contents') = 'object'
             UNION ALL
            SELECT 'identity', '{system_identifier,database,database_oid,server_version,encoding,in_recovery,timeline}', 'object', 'an object', is_whole, expected -> 'identity'
             UNION ALL
            SELECT 'schemas', NULL, 'object', 'an object', is_whole, expected -> 'schemas'
             UNION ALL
            SELECT 'schemas.' || @extschema@.fc_snap_key(s.key), '{tables}', 'object', 'an object', true, s.value
              FROM jsonb_each(CASE jsonb_typeof(expected -> 'schemas') WHEN 'object' THEN expected -> 'schemas' ELSE '{}' END) s
             UNION ALL
            SELECT 'schemas.' || @extschema@.fc_snap_key(s.key) || '.tables', NULL, 'object', 'an object', is_whole, s.value -> 'tables'
              FROM jsonb_each(CASE jsonb_typeof(expected -> 'schemas') WHEN 'object' THEN expected -> 'schemas' ELSE '{}' END) s
        )
        SELECT CASE WHEN f.value IS NULL THEN regexp_replace(f.path, '[.]?[^.]*$', '') ELSE f.path END AS path,
               CASE WHEN f.value IS NULL THEN format('missing field `%s`', substring(f.path FROM '[^.]*$'))
                            ELSE format('invalid type: %s, expected %s',
                                        CASE jsonb_typeof(f.value) WHEN 'null' THEN 'null' WHEN 'object' THEN 'map' WHEN 'array' THEN 'sequence'
                                                                   WHEN 'boolean' THEN format('boolean `%s`', f.value) WHEN 'string' THEN format('string %s', f.value)
                                                                   WHEN 'number' THEN format(CASE WHEN f.value::text ~ '[.]' THEN 'floating point `%s`' ELSE 'integer `%s`' END, f.value) END,
                                        f.wanted) END AS reason
          FROM fields f
         WHERE CASE WHEN f.value IS NULL THEN f.required
                    WHEN f.value = 'null' THEN f.required AND NOT (f.path LIKE 'identity.%' AND NOT is_whole)
                    ELSE jsonb_typeof(f.value) <> f.kind END
         UNION ALL
        SELECT concat_ws('.', nullif(f.path, ''), @extschema@.fc_snap_key(k.key)),
               format('unknown field `%s`, expected %s', k.key,
                      CASE cardinality(f.keys) WHEN 1 THEN '`tables`' WHEN 2 THEN '`identity` or `schemas`'
                                               ELSE 'one of `' || array_to_string(f.keys, '`, `') || '`' END)
          FROM fields f CROSS JOIN jsonb_object_keys(CASE jsonb_typeof(f.value) WHEN 'object' THEN f.value ELSE '{}' END) k (key)
         WHERE NOT is_whole AND cardinality(f.keys) > 0 AND k.key <> ALL (f.keys)
         LIMIT 1
    LOOP
        PERFORM @extschema@.fc_raise('22023',
            CASE problem.path WHEN '' THEN 'could not parse argument "expected"' ELSE format('invalid field in argument "expected": %s', problem.path) END,
            format('Reason: %s.', problem.reason), CASE WHEN is_whole THEN how END);
    END LOOP;
    IF NOT is_whole THEN
        RETURN;
    END IF;
    FOR said IN
        SELECT c.what, c.one, c.many, expected #> ARRAY['contents', c.what] AS said, h.held -> c.what AS held
          FROM (SELECT @extschema@.fc_snap_contents(expected) AS held OFFSET 0) h
         CROSS JOIN (VALUES (1, 'schemas', 'schema', 'schemas'), (2, 'tables', 'table', 'tables'), (3, 'columns', 'column', 'columns'),
                            (4, 'sequences', 'sequence', 'sequences'), (5, 'objects', 'other object', 'other objects'),
                            (6, 'constraints', 'constraint', 'constraints'), (7, 'indexes', 'index', 'indexes'), (8, 'triggers', 'trigger', 'triggers'),
                            (9, 'policies', 'policy', 'policies'), (10, 'rules', 'rule', 'rules'), (11, 'fields', 'field', 'fields')) c (place, what, one, many)
         -- More fields than were counted do no harm.
         WHERE CASE c.what WHEN 'fields' THEN expected #> '{contents,fields}' > h.held -> 'fields'
                           ELSE expected #> ARRAY['contents', c.what] IS DISTINCT FROM h.held -> c.what END
         ORDER BY c.place
         LIMIT 1
    LOOP
        PERFORM @extschema@.fc_raise('22023', format('the snapshot in argument "expected" is incomplete: contents.%s is %s', said.what, said.said),
            format('It contains %s %s.', said.held, CASE WHEN said.held = '1' THEN said.one ELSE said.many END), how);
    END LOOP;
END $fn$;
