-- A typical handwritten audit under the extension's function name: the oracle has to find its
-- errors.
CREATE SCHEMA naive;
CREATE FUNCTION naive.fk_audit(schema text DEFAULT NULL)
RETURNS TABLE (status text, constraint_name name, table_name regclass, referenced_table regclass, orphans bigint, sample jsonb, choices text[], detail text, fix text)
LANGUAGE plpgsql AS $$
DECLARE
    con pg_constraint;
    same text;
    present text;
    keys text;
    parts text;
BEGIN
    FOR con IN SELECT * FROM pg_constraint
               WHERE contype = 'f' AND conparentid = 0 AND connamespace = to_regnamespace(quote_ident(schema)) LOOP
        SELECT string_agg(format('p.%I = c.%I', p.attname, c.attname), ' AND '),
               string_agg(format('c.%I IS NOT NULL', c.attname), ' AND '),
               string_agg(format('%L, c.%I', c.attname, c.attname), ', '),
               string_agg(format('c.%I', c.attname), ', ')
        INTO same, present, keys, parts
        FROM unnest(con.conkey, con.confkey) AS k(child, parent)
        JOIN pg_attribute c ON c.attrelid = con.conrelid AND c.attnum = k.child
        JOIN pg_attribute p ON p.attrelid = con.confrelid AND p.attnum = k.parent;
        constraint_name := con.conname;
        table_name := con.conrelid;
        referenced_table := con.confrelid;
        EXECUTE format('SELECT count(*) FROM %s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s)',
            table_name, present, referenced_table, same) INTO orphans;
        EXECUTE format('SELECT jsonb_agg(o) FROM (SELECT DISTINCT jsonb_build_object(%s) AS o FROM %s c
             WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s) LIMIT 5) AS x',
            keys, table_name, present, referenced_table, same) INTO sample;
        status := CASE WHEN NOT con.convalidated THEN 'not_validated' WHEN orphans > 0 THEN 'violated' ELSE 'ok' END;
        choices := CASE WHEN orphans > 0 THEN ARRAY[format('SELECT c.* FROM %s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s);', table_name, present, referenced_table, same)] END;
        RETURN NEXT;
    END LOOP;
END $$;
