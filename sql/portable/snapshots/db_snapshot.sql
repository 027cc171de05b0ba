-- Returns the contents of this database, as the library's db_snapshot does, but without checksums.
--
-- One statement reads everything, so that all of it is as of one moment.
CREATE FUNCTION @extschema@.db_snapshot(schema text DEFAULT NULL, exact boolean DEFAULT true, checksum boolean DEFAULT false)
RETURNS jsonb LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO, YMD'
SET TimeZone = 'UTC'
SET IntervalStyle = 'postgres'
SET extra_float_digits = 1
SET bytea_output = 'hex'
SET lc_monetary = 'C'
SET xmlbinary = 'base64'
SET quote_all_identifiers = off
SET standard_conforming_strings = on
SET jit = off
AS $fn$
DECLARE
    named oid;
    taken jsonb;
    obstacle text;
    tables text[];
    sequences text[];
    names text[];
    hint text;
BEGIN
    PERFORM @extschema@.fc_refuse_null('exact', exact IS NULL);
    PERFORM @extschema@.fc_refuse_null('checksum', checksum IS NULL);
    IF checksum THEN
        PERFORM @extschema@.fc_raise('0A000', 'the portable edition of pg_flightcheck does not compute checksums',
            NULL, 'Run db_snapshot() without checksum, or install the extension.');
    END IF;
    named := @extschema@.fc_schema(schema);
    IF named IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.fc_snap_schemas(named)) THEN
        PERFORM @extschema@.fc_raise('22023', 'system and temporary schemas are not part of a snapshot', NULL, 'Specify another schema, or NULL for all.');
    END IF;
    SELECT s.snapshot, s.obstacle INTO taken, obstacle FROM @extschema@.fc_snapshot(named, exact) s;
    SELECT array_agg(format('%I.%I', s.key, t.key) ORDER BY s.key COLLATE "C", t.key COLLATE "C") INTO tables
      FROM jsonb_each(taken -> 'schemas') s CROSS JOIN jsonb_each(s.value -> 'tables') t
     WHERE t.value ?| '{unread,undescribed}';
    SELECT array_agg(format('%I.%I', s.key, q.key) ORDER BY s.key COLLATE "C", q.key COLLATE "C") INTO sequences
      FROM jsonb_each(taken -> 'schemas') s CROSS JOIN jsonb_each(s.value -> 'sequences') q
     WHERE q.value ? 'unread';
    IF tables IS NOT NULL OR sequences IS NOT NULL THEN
        hint := CASE obstacle
            WHEN 'privilege' THEN 'Run db_snapshot() as a role that may read them all, for instance a member of pg_read_all_data.'
            WHEN 'owner' THEN 'Run db_snapshot() as the role that owns them, or install the extension.'
            WHEN 'memory' THEN 'Raise the memory limit of the server''s processes and run db_snapshot() again.'
            WHEN 'lock' THEN 'Run db_snapshot() again when the locks have been released.' END;
        PERFORM @extschema@.fc_warn('could not read ' || concat_ws(' and ',
                cardinality(tables) || CASE cardinality(tables) WHEN 1 THEN ' table' ELSE ' tables' END,
                cardinality(sequences) || CASE cardinality(sequences) WHEN 1 THEN ' sequence' ELSE ' sequences' END),
            @extschema@.fc_list('The field "unread" of each says why:', coalesce(tables, '{}') || coalesce(sequences, '{}')) || '.', hint);
    END IF;
    IF named IS NOT NULL THEN
        SELECT array_agg(format('%I.%I', o.schema, o.name)) INTO names
          FROM (
            @queries/snapshot_outside.sql(named)@
          ) o (schema, name);
        IF names IS NOT NULL THEN
            PERFORM @extschema@.fc_warn('the snapshot lacks partitions or inheriting tables in other schemas',
                @extschema@.fc_list('It does not contain', names) || '.', 'Run db_snapshot() without a schema to include them.');
        END IF;
    END IF;
    RETURN taken || jsonb_build_object('contents', @extschema@.fc_snap_contents(taken));
END $fn$;
