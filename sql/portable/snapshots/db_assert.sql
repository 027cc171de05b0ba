-- Raises an error unless this is the expected database, as the library's db_assert does.
CREATE FUNCTION @extschema@.db_assert(expected jsonb)
RETURNS bigint LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    identity jsonb;
    here jsonb;
    differences text;
    missing text[];
    found bigint;
BEGIN
    PERFORM @extschema@.fc_refuse_null('expected', expected IS NULL);
    PERFORM @extschema@.fc_snap_expected(expected);
    identity := coalesce(nullif(expected -> 'identity', 'null'), '{}');
    IF NOT EXISTS (SELECT FROM jsonb_each_text(identity) f WHERE f.key IN ('system_identifier', 'database', 'database_oid') AND f.value IS NOT NULL) THEN
        PERFORM @extschema@.fc_raise('22023', 'argument "expected" does not identify a database',
            'Its "identity" must have system_identifier, database or database_oid.',
            'Take a snapshot in the right database: SELECT db_snapshot(exact => false);');
    END IF;
    here := (SELECT i.identity FROM @extschema@.fc_snap_identity() i);
    differences := (
        SELECT string_agg(format('Expected %s %s, connected to %s.', f.what, identity ->> f.key, here ->> f.key), ' ' ORDER BY f.place)
          FROM (VALUES (1, 'system_identifier', 'cluster'), (2, 'database', 'database'), (3, 'database_oid', 'database OID')) f (place, key, what)
         WHERE identity ->> f.key <> here ->> f.key);
    IF differences IS NOT NULL THEN
        PERFORM @extschema@.fc_raise('55000', 'this is not the expected database', differences,
            'Check the connection string. After an intended move, take a new snapshot here.');
    END IF;
    IF coalesce(expected -> 'schemas', '{}') = '{}' THEN
        RETURN 0;
    END IF;
    SELECT count(p.name), array_agg(format('%I.%I', e.schema, e.name) ORDER BY e.schema COLLATE "C", e.name COLLATE "C") FILTER (WHERE p.name IS NULL)
      INTO found, missing
      FROM (SELECT s.key, t.key
              FROM jsonb_each(expected -> 'schemas') s CROSS JOIN jsonb_object_keys(coalesce(s.value -> 'tables', '{}')) t (key)) e (schema, name)
      LEFT JOIN (SELECT s.name, t.name
                   FROM @extschema@.fc_snap_schemas(NULL) s
                   JOIN @extschema@.fc_snap_tables(ARRAY(SELECT a.id FROM @extschema@.fc_snap_schemas(NULL) a)) t ON t.schema = s.id) p (schema, name)
        ON p.schema = e.schema AND p.name = e.name;
    IF missing IS NOT NULL THEN
        PERFORM @extschema@.fc_raise('55000',
            CASE cardinality(missing) WHEN 1 THEN '1 table is missing from this database'
                                      ELSE format('%s tables are missing from this database', cardinality(missing)) END,
            format('Missing: %s%s.', array_to_string(missing[1:5], ', '),
                   CASE WHEN cardinality(missing) > 5 THEN format(' and %s more', cardinality(missing) - 5) END),
            'Run db_compare with the same snapshot to see all differences.');
    END IF;
    RETURN found;
END $fn$;
