-- Judges a foreign key that does not exist yet, as src/foreign_keys/precheck.rs does.
CREATE FUNCTION @extschema@.fk_precheck(child regclass, child_columns name[], parent regclass, parent_columns name[] DEFAULT NULL)
RETURNS TABLE (status text, orphans bigint, sample jsonb, choices text[], detail text, ddl text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    c record; p record; side record; one record; key record; e record; r record; f jsonb; answer jsonb; budget numeric := CASE WHEN current_setting('lock_timeout') = '0' THEN 5000 END;
    names text[]; numbers int2[]; parent_names text[]; parent_numbers int2[]; operators oid[] := '{}'; operator oid; cname text; pname text; usable boolean; why text; reason text;
    details text[] := '{}'; label text; new_name text; stem text; steps text[]; tables text[]; is_new constant boolean := current_setting('server_version_num')::int >= 180000; by_part boolean; has_orphans boolean; n int; missing text;
BEGIN
    PERFORM @extschema@.fc_refuse_null('child', child IS NULL), @extschema@.fc_refuse_null('child_columns', child_columns IS NULL), @extschema@.fc_refuse_null('parent', parent IS NULL);
    FOR side IN SELECT * FROM (VALUES ('child_columns', child_columns), ('parent_columns', parent_columns)) s (argument, given) LOOP
        IF array_position(side.given, NULL) IS NOT NULL THEN PERFORM @extschema@.fc_raise('22004', format('argument "%s" must not contain nulls', side.argument)); END IF;
    END LOOP;
    SELECT * INTO c FROM @extschema@.fc_fk_table(child);
    IF c.table_name IS NULL THEN PERFORM @extschema@.fc_raise('42P01', format('relation with OID %s does not exist', child::oid)); END IF;
    SELECT * INTO p FROM @extschema@.fc_fk_table(parent);
    IF p.table_name IS NULL THEN PERFORM @extschema@.fc_raise('42P01', format('relation with OID %s does not exist', parent::oid)); END IF;
    cname := format('%I.%I', c.schema_name, c.table_name); pname := format('%I.%I', p.schema_name, p.table_name);
    SELECT NULL::int2[] AS columns, NULL::oid[] AS classes, NULL::boolean AS is_immediate, NULL::boolean AS is_usable INTO key;
    names := child_columns::text[]; parent_names := parent_columns::text[];
    IF cardinality(names) NOT BETWEEN 1 AND 32 THEN PERFORM @extschema@.fc_raise('42830', format('a foreign key must have 1 to 32 columns, not %s', cardinality(names))); END IF;
    IF parent_names IS NOT NULL AND cardinality(parent_names) <> cardinality(names) THEN
        PERFORM @extschema@.fc_raise('42830', 'number of referencing and referenced columns for foreign key disagree', format('The child has %s, the parent has %s.', @extschema@.fc_counted(cardinality(names), 'column'), cardinality(parent_names)),
            'List one column of the parent for each column of the child, or none for its primary key.');
    END IF;
    why := (SELECT u.name FROM unnest(parent_names) WITH ORDINALITY u (name, no) WHERE u.no > array_position(parent_names, u.name) ORDER BY u.no LIMIT 1);
    IF why IS NOT NULL THEN PERFORM @extschema@.fc_raise('42830', format('column "%s" of the parent is listed twice', why)); END IF;
    FOR side IN SELECT * FROM (VALUES (child::oid, names, cname), (parent::oid, parent_names, pname)) s (oid, wanted, name) WHERE s.wanted IS NOT NULL LOOP
        FOR one IN SELECT a.number, u.name FROM unnest(side.wanted) WITH ORDINALITY u (name, no) JOIN (SELECT x.number, row_number() OVER () AS no FROM @extschema@.fc_fk_columns(side.oid, side.wanted) x) a ON a.no = u.no WHERE a.number IS NULL ORDER BY u.no LOOP
            PERFORM @extschema@.fc_raise('42703', format('column "%s" of relation %s does not exist', one.name, side.name), NULL, format('Column names are case-sensitive here. List them with \d %s in psql.', side.name));
        END LOOP;
    END LOOP;
    numbers := ARRAY(SELECT x.number FROM @extschema@.fc_fk_columns(child, names) x);
    -- What no foreign key can have.
    FOR side IN SELECT * FROM (VALUES (1, cname, c.kind, c.has_foreign_leaf, child::oid, c.is_others_temporary, 'have'), (2, pname, p.kind, p.has_foreign_leaf, parent::oid, p.is_others_temporary, 'be referenced by')) s (no, name, kind, has_foreign_leaf, oid, is_others_temporary, role) ORDER BY 1 LOOP
        reason := coalesce(reason, CASE
            WHEN side.kind NOT IN ('r', 'p') THEN format('%s is %s, and only tables can %s foreign keys', side.name, CASE side.kind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view' WHEN 'f' THEN 'a foreign table' WHEN 'S' THEN 'a sequence' ELSE 'not a table' END, side.role)
            WHEN side.has_foreign_leaf THEN side.name || ' has a foreign table among its partitions'
            WHEN side.oid < 16384 THEN side.name || ' is a system catalog'
            WHEN side.is_others_temporary THEN side.name || ' is another session''s temporary table' END);
    END LOOP;
    IF reason IS NULL AND NOT (CASE c.persistence WHEN 'p' THEN p.persistence = 'p' WHEN 'u' THEN p.persistence <> 't' ELSE p.persistence = 't' END) THEN
        reason := format('%s table cannot refer to %s one', CASE c.persistence WHEN 'p' THEN 'a permanent' WHEN 'u' THEN 'an unlogged' ELSE 'a temporary' END, CASE p.persistence WHEN 'p' THEN 'a permanent' WHEN 'u' THEN 'an unlogged' ELSE 'a temporary' END);
    END IF;
    reason := coalesce(reason, (SELECT CASE WHEN x.number < 0 THEN format('"%s" is a system column', x.name) ELSE format('"%s" is a virtual generated column', x.name) END
        FROM (SELECT k.number, k.generated, names[row_number() OVER ()] AS name FROM @extschema@.fc_fk_columns(child, names) k) x WHERE x.number < 0 OR x.generated = 'v' ORDER BY x.number >= 0 LIMIT 1));
    IF reason IS NULL THEN
        IF parent_names IS NOT NULL THEN parent_numbers := ARRAY(SELECT x.number FROM @extschema@.fc_fk_columns(parent, parent_names) x); END IF;
        SELECT * INTO key FROM @extschema@.fc_fk_keys(parent, parent_numbers) k LIMIT 1;
        IF parent_names IS NULL AND key.columns IS NULL THEN
            reason := format('%s has no primary key; list the columns', pname);
        ELSIF parent_names IS NULL THEN
            parent_numbers := ARRAY(SELECT u.number FROM unnest(key.columns, key.classes) WITH ORDINALITY u (number, class, no) WHERE u.class IS NOT NULL ORDER BY u.no);
            parent_names := ARRAY(SELECT a.attname::text FROM unnest(parent_numbers) WITH ORDINALITY u (number, no) JOIN pg_attribute a ON a.attrelid = parent AND a.attnum = u.number ORDER BY u.no);
            IF cardinality(parent_names) <> cardinality(names) THEN
                PERFORM @extschema@.fc_raise('42830', 'number of referencing and referenced columns for foreign key disagree', format('The child has %s, the parent has %s.', @extschema@.fc_counted(cardinality(names), 'column'), cardinality(parent_names)),
                    'List one column of the parent for each column of the child, or none for its primary key.');
            END IF;
        END IF;
        reason := coalesce(reason, (SELECT CASE WHEN x.number < 0 THEN format('"%s" is a system column', x.name) ELSE format('"%s" is a virtual generated column', x.name) END
            FROM (SELECT k.number, k.generated, parent_names[row_number() OVER ()] AS name FROM @extschema@.fc_fk_columns(parent, parent_names) k) x WHERE x.number < 0 OR x.generated = 'v' ORDER BY x.number >= 0 LIMIT 1));
    END IF;
    usable := coalesce(key.is_usable, false);
    IF reason IS NULL THEN
        FOR one IN SELECT a.*, b.type AS ptype, b.type_name AS ptype_name, b.collation_oid AS pcollation, b.number AS pnumber, names[a.no] AS name, parent_names[a.no] AS pname
                     FROM (SELECT x.*, row_number() OVER () AS no FROM @extschema@.fc_fk_columns(child, names) x) a JOIN (SELECT x.*, row_number() OVER () AS no FROM @extschema@.fc_fk_columns(parent, parent_names) x) b ON b.no = a.no ORDER BY a.no LOOP
            operator := @extschema@.fc_fk_operator(CASE WHEN usable THEN key.classes[(SELECT u.no FROM unnest(key.columns) WITH ORDINALITY u (number, no) WHERE u.number = one.pnumber LIMIT 1)] END, one.ptype, one.type);
            IF one.collation_oid <> one.pcollation AND EXISTS (SELECT FROM pg_collation k WHERE k.oid IN (one.collation_oid, one.pcollation) AND NOT k.collisdeterministic) THEN
                reason := format('the collations of "%s" (%s) with "%s" (%s) differ, and one is not deterministic', one.name, one.type_name, one.pname, one.ptype_name);
            ELSIF operator IS NULL THEN
                reason := format('no operator exists to compare "%s" (%s) with "%s" (%s)', one.name, one.type_name, one.pname, one.ptype_name);
            END IF;
            EXIT WHEN reason IS NOT NULL;
            operators := operators || operator;
            IF one.type <> one.ptype THEN details := details || format('types differ: "%s" is %s, "%s" is %s', one.name, one.type_name, one.pname, one.ptype_name); END IF;
        END LOOP;
    END IF;
    IF reason IS NULL THEN
        f := (SELECT @extschema@.fc_fk_texts(to_jsonb(k)) FROM @extschema@.fc_foreign_keys(NULL, child, numbers, parent, parent_numbers, operators) k);
        IF f IS NULL THEN reason := 'a table or a column was dropped concurrently'; END IF;
    END IF;
    IF reason IS NOT NULL THEN
        status := 'impossible'; detail := reason;
        RETURN NEXT;
        RETURN;
    END IF;
    stem := left(regexp_replace(@extschema@.fc_object_name(c.table_name, array_to_string(names, '_'), 'fkey'), '[^\u0001-\u007f].*$', ''), 8);
    SELECT * INTO e FROM @extschema@.fc_fk_existing(child, numbers, parent, parent_numbers, stem);
    n := 0;
    LOOP
        new_name := @extschema@.fc_object_name(c.table_name, array_to_string(names, '_'), 'fkey' || CASE WHEN n = 0 THEN '' ELSE n::text END);
        EXIT WHEN NOT new_name = ANY (coalesce(e.taken, '{}'));
        n := n + 1;
    END LOOP;
    SELECT x.answer INTO answer FROM @extschema@.fc_fk_read(f, budget) x;
    orphans := (answer ->> 'count')::bigint; sample := nullif(answer -> 'sample', 'null'); has_orphans := coalesce(orphans, 0) > 0;
    status := CASE WHEN answer ? 'reason' THEN 'unknown' WHEN has_orphans THEN 'violated' ELSE 'ok' END;
    why := coalesce(answer ->> 'reason', CASE WHEN has_orphans THEN format('%s no matching row in %s', CASE WHEN orphans = 1 THEN '1 row has' ELSE format('%s rows have', orphans) END, pname) END);
    IF has_orphans THEN choices := @extschema@.fc_fk_choices(f, answer); END IF;
    -- The statements that add it without blocking writers.
    by_part := c.kind = 'p' AND NOT is_new;
    steps := CASE WHEN e.has_index THEN '{}'::text[] WHEN c.kind <> 'p' THEN ARRAY[format('CREATE INDEX CONCURRENTLY ON %s (%s);', cname, f ->> 'child_columns')]
                  ELSE ARRAY(SELECT format('CREATE INDEX CONCURRENTLY ON %I.%I (%s);', l.s, l.t, f ->> 'child_columns') FROM unnest(c.leaf_schemas, c.leaf_names) l (s, t)) || format('CREATE INDEX ON %s (%s);', cname, f ->> 'child_columns') END;
    tables := CASE WHEN by_part THEN ARRAY(SELECT format('%I.%I', l.s, l.t) FROM unnest(c.leaf_schemas, c.leaf_names) l (s, t)) ELSE ARRAY[cname] END;
    IF NOT (by_part AND has_orphans) THEN
        steps := steps || 'SET lock_timeout = ''5s'';'::text || ARRAY(SELECT format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (%s) REFERENCES %s (%s) NOT VALID;', t, new_name, f ->> 'child_columns', pname, f ->> 'parent_columns') FROM unnest(tables) t) || 'RESET lock_timeout;'::text;
        IF NOT has_orphans THEN
            steps := steps || ARRAY(SELECT format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', t, new_name) FROM unnest(tables) t);
            IF by_part THEN
                steps := steps || ARRAY['SET statement_timeout = ''5s'';', format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (%s) REFERENCES %s (%s);', cname, new_name, f ->> 'child_columns', pname, f ->> 'parent_columns'), 'RESET statement_timeout;'];
            END IF;
        END IF;
    END IF;
    IF e.name IS NOT NULL THEN
        status := 'exists'; reason := format('such a foreign key already exists: %I%s', e.name, CASE WHEN NOT e.is_enforced THEN ', NOT ENFORCED' WHEN NOT e.is_validated THEN ', NOT VALID' ELSE '' END);
        ddl := CASE WHEN NOT e.is_validated AND e.is_enforced AND NOT has_orphans THEN ARRAY[format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', cname, e.name)] END;
    ELSIF NOT usable THEN
        status := 'impossible'; label := format('%s (%s)', pname, f ->> 'parent_columns');
        IF key.columns IS NOT NULL THEN
            reason := CASE WHEN NOT key.is_immediate THEN format('the unique constraint on %s is deferrable', label) ELSE format('the unique index on %s is partial, invalid, or on expressions', label) END;
        ELSE
            reason := 'no unique constraint on ' || label; missing := NULL;
            IF p.kind = 'p' THEN
                SELECT CASE WHEN k.has_expression THEN 'the table or a partition is partitioned by an expression'
                            ELSE 'on a partitioned table it has to include the partition key, so the foreign key has to refer to ' || nullif((SELECT string_agg(quote_ident(u.name), ', ' ORDER BY u.no) FROM unnest(k.columns) WITH ORDINALITY u (name, no) WHERE NOT u.name = ANY (parent_names)), '') || ' as well' END
                  INTO missing FROM @extschema@.fc_partition_keys(parent) k LIMIT 1;
            END IF;
            IF missing IS NOT NULL THEN
                reason := format('%s, and none is possible: %s', reason, missing);
            ELSE
                SELECT x.answer INTO r FROM @extschema@.fc_fk_read(f || '{"unique": true}', budget) x;
                IF r.answer ? 'reason' THEN
                    reason := format('%s (%s)', reason, r.answer ->> 'reason');
                ELSIF (r.answer ->> 'count')::bigint > 0 THEN
                    reason := format('%s, and %s more than once', reason, CASE WHEN (r.answer ->> 'count')::bigint = 1 THEN '1 key occurs' ELSE format('%s keys occur', r.answer ->> 'count') END);
                ELSIF p.kind = 'p' THEN
                    reason := format('%s, although its rows are unique: CREATE UNIQUE INDEX ON %s (%s) adds one, but blocks writers until it is done', reason, pname, f ->> 'parent_columns');
                ELSE
                    reason := reason || ', although its rows are unique: ddl adds one first'; n := 0;
                    LOOP
                        new_name := @extschema@.fc_object_name(p.table_name, array_to_string(parent_names, '_'), 'key' || CASE WHEN n = 0 THEN '' ELSE n::text END);
                        EXIT WHEN NOT EXISTS (SELECT FROM pg_class o JOIN pg_namespace m ON m.oid = o.relnamespace WHERE m.nspname = p.schema_name AND o.relname = new_name);
                        n := n + 1;
                    END LOOP;
                    ddl := ARRAY[format('CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%s);', new_name, pname, f ->> 'parent_columns'), 'SET lock_timeout = ''5s'';', format('ALTER TABLE %s ADD CONSTRAINT %I UNIQUE USING INDEX %I;', pname, new_name, new_name), 'RESET lock_timeout;'] || steps;
                END IF;
            END IF;
        END IF;
    ELSE
        ddl := steps;
    END IF;
    IF ddl IS NULL OR e.name IS NOT NULL THEN
        details := '{}';
    ELSE
        details := details || array_remove(ARRAY[
            CASE WHEN NOT e.has_index THEN format('no index of %s starts with these columns: every DELETE or key change in the parent would read the whole table', cname) END,
            CASE WHEN cname = pname THEN @extschema@.fc_fk_size(cname, c.row_count, c.bytes)
                 WHEN c.row_count IS NULL AND p.row_count IS NULL THEN format('%s and %s were never analyzed, so their sizes are not known', cname, pname)
                 ELSE @extschema@.fc_fk_size(cname, c.row_count, c.bytes) || CASE WHEN c.row_count IS NOT NULL AND p.row_count IS NOT NULL THEN ', ' ELSE '; ' END || @extschema@.fc_fk_size(pname, p.row_count, p.bytes) END,
            'ADD CONSTRAINT waits for the writers of both tables and blocks new ones meanwhile (SHARE ROW EXCLUSIVE); VALIDATE does not block writers (SHARE UPDATE EXCLUSIVE, on the parent ROW SHARE)',
            CASE WHEN NOT usable AND NOT p.is_owned THEN format('the unique constraint has to be added by the owner of %s, %I', pname, p.owner) END,
            CASE WHEN NOT c.is_owned THEN format('the statements have to be run by the owner of %s, %I', cname, c.owner) END,
            CASE WHEN NOT coalesce(e.may_refer, true) THEN format('the owner of %s, %I lacks a privilege: GRANT REFERENCES (%s) ON %s TO %I', cname, c.owner, f ->> 'parent_columns', pname, c.owner) END], NULL);
    END IF;
    ddl := (SELECT array_agg(@extschema@.fc_one_line(s.statement) ORDER BY s.no) FROM unnest(ddl) WITH ORDINALITY s (statement, no));
    detail := nullif(array_to_string(array_remove(ARRAY[reason, why] || @extschema@.fc_fk_remarks(f, answer) || details, NULL), '; '), '');
    RETURN NEXT;
END $fn$;
