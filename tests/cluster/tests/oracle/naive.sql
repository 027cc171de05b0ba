-- Functions as people write them by hand, under the extension's names. The oracle has to find their
-- errors.
CREATE FUNCTION naive.fed(schema text, target regclass)
RETURNS TABLE (table_name regclass, column_name name, sequence_name regclass) LANGUAGE sql AS $$
    SELECT a.attrelid::regclass, a.attname, d.sequence::regclass
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
    CROSS JOIN LATERAL (
        SELECT refobjid FROM pg_depend WHERE classid = 'pg_attrdef'::regclass AND objid = ad.oid AND refclassid = 'pg_class'::regclass
        UNION
        SELECT objid FROM pg_depend
        WHERE refclassid = 'pg_class'::regclass AND refobjid = a.attrelid AND refobjsubid = a.attnum AND deptype = 'i'
    ) AS d(sequence)
    JOIN pg_sequence s ON s.seqrelid = d.sequence
    WHERE a.attnum > 0 AND (c.relnamespace = to_regnamespace(quote_ident(schema)) OR a.attrelid = target)
$$;

CREATE FUNCTION naive.seq_audit(schema text DEFAULT NULL)
RETURNS TABLE (status text, table_name regclass, column_name name, sequence_name regclass, next_value bigint, max_id bigint,
    behind_by bigint, inserts_left bigint, used_pct numeric, kind text, detail text, fix text) LANGUAGE plpgsql AS $$
BEGIN
    FOR table_name, column_name, sequence_name IN SELECT * FROM naive.fed(schema, NULL) LOOP
        EXECUTE format('SELECT last_value + is_called::int FROM %s', sequence_name) INTO next_value;
        EXECUTE format('SELECT max(%I)::bigint FROM %s', column_name, table_name) INTO max_id;
        status := CASE WHEN next_value <= max_id THEN 'behind' ELSE 'ok' END;
        inserts_left := CASE WHEN next_value <= max_id THEN 0 END;
        RETURN NEXT;
    END LOOP;
END $$;

CREATE FUNCTION naive.seq_resync_table(target regclass, dry_run boolean DEFAULT false, margin bigint DEFAULT 0, schema text DEFAULT NULL)
RETURNS TABLE (outcome text, sequence_name regclass, table_name regclass, old_next bigint, new_next bigint, detail text)
LANGUAGE plpgsql AS $$
DECLARE
    column_name name;
BEGIN
    FOR table_name, column_name, sequence_name IN SELECT * FROM naive.fed(schema, target) LOOP
        outcome := 'unchanged';
        IF NOT dry_run THEN
            outcome := 'advanced';
            EXECUTE format('SELECT setval(%L, max(%I)::bigint) FROM %s', sequence_name, column_name, table_name);
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;

CREATE FUNCTION naive.seq_resync(schema text DEFAULT NULL, dry_run boolean DEFAULT false, margin bigint DEFAULT 0)
RETURNS TABLE (outcome text, sequence_name regclass, table_name regclass, old_next bigint, new_next bigint, detail text)
LANGUAGE sql AS $$
    SELECT * FROM naive.seq_resync_table(NULL, dry_run, margin, schema)
$$;
