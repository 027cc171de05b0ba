-- Returns the links of columns that a BEFORE INSERT trigger fills from a sequence; arguments as for
-- fc_seq_function_links. A row without a column is a table whose trigger draws for an unknown one.
CREATE FUNCTION @extschema@.fc_seq_trigger_links(sequences oid[], relations oid[], attributes int2[])
RETURNS TABLE (sequence oid, relation oid, attribute int2, drawing text, reason text) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    call CONSTANT text := '(?:pg_catalog \. )?nextval \( (''(?:[^'']|'''')*''|tg_argv \[ \d+ \])(?: :: (?:pg_catalog \. )?(?:regclass|text))* \)(?: :: (?:pg_catalog \. )?\w+)*';
    t record;
    body text;
    all_statements text[];
    statement text;
    hit text[];
    col text;
    value text;
    given text;
    is_plain boolean;
    preferred oid[];
    arguments text[];
    rest bytea;
BEGIN
    FOR t IN
        SELECT q.* FROM (
            @queries/nextval_triggers.sql@
        ) q (relation, args, function, source, language)
    LOOP
        relation := t.relation;
        attribute := NULL;
        sequence := NULL;
        drawing := 'plain';
        -- Each argument is followed by a zero byte.
        arguments := '{}';
        rest := t.args;
        WHILE position('\x00'::bytea IN rest) > 0 LOOP
            arguments := arguments || convert_from(substring(rest FROM 1 FOR position('\x00'::bytea IN rest) - 1), getdatabaseencoding());
            rest := substring(rest FROM position('\x00'::bytea IN rest) + 1);
        END LOOP;
        body := CASE WHEN t.language = 'plpgsql' THEN @extschema@.fc_body_normal(t.source) END;
        IF body IS NULL THEN
            reason := 'the trigger''s function cannot be read';
            RETURN NEXT;
            CONTINUE;
        END IF;
        preferred := ARRAY(SELECT o.s FROM unnest(sequences, relations) o (s, r) WHERE o.r = t.relation);
        all_statements := @extschema@.fc_body_statements(body);
        IF regexp_replace(body, '''(?:[^'']|'''')*''', '''''', 'g') !~ '\mnextval \(' THEN
            -- Only a text mentions nextval.
            IF body ~ '\mexecute\M' THEN
                reason := 'the trigger''s function computes the sequence''s name at run time';
                RETURN NEXT;
            END IF;
            CONTINUE;
        END IF;
        FOREACH statement IN ARRAY all_statements LOOP
            statement := btrim(statement);
            CONTINUE WHEN regexp_replace(statement, '''(?:[^'']|'''')*''', '''''', 'g') !~ '\mnextval \('
                OR statement ~ '^(insert|update|delete|merge|execute|call)\M';
            attribute := NULL;
            sequence := NULL;
            reason := NULL;
            drawing := 'plain';
            hit := regexp_match(statement, '^new \. ("(?:[^"]|"")*"|\w+) :?= (.*)$');
            IF hit IS NULL THEN
                hit := regexp_match(statement, '^select (.*) into (?:strict )?new \. ("(?:[^"]|"")*"|\w+)$');
                hit := CASE WHEN hit IS NOT NULL THEN ARRAY[hit[2], hit[1]] END;
            END IF;
            col := CASE WHEN hit[1] ~ '^"' THEN translate(replace(substr(hit[1], 2, length(hit[1]) - 2), '""', '"'), E'\x01\x02', ''';') ELSE hit[1] END;
            value := coalesce(hit[2], statement);
            IF col IS NOT NULL THEN
                attribute := (SELECT a.attnum FROM pg_attribute a
                               WHERE a.attrelid = t.relation AND a.attname = col::name AND a.attnum > 0 AND NOT a.attisdropped);
                -- The column belongs to another table that uses the same function.
                CONTINUE WHEN attribute IS NULL;
            END IF;
            is_plain := col IS NOT NULL AND body !~ '\mloop\M'
                AND (value ~ ('^' || call || '$')
                     OR value ~ ('^coalesce \( (?:nullif \( )?new \. ' || regexp_replace(hit[1], '(\W)', '\\\1', 'g') || '(?: , \d+ \))? , ' || call || ' \)$')
                     OR value ~ ('^case when new \. ' || regexp_replace(hit[1], '(\W)', '\\\1', 'g') || ' is null then ' || call || ' else new \. ' || regexp_replace(hit[1], '(\W)', '\\\1', 'g') || ' end$'))
                -- Nothing else is assigned to it.
                AND NOT EXISTS (SELECT FROM unnest(all_statements) s
                                 WHERE s ~ ('new \. ' || regexp_replace(hit[1], '(\W)', '\\\1', 'g') || ' :?= ') AND s !~ '\mnextval \(');
            FOR given IN SELECT m[1] FROM regexp_matches(value, 'nextval \( (''(?:[^'']|'''')*''|tg_argv \[ \d+ \]|[^ ]+)', 'g') m LOOP
                given := CASE WHEN given ~ '^''' AND value ~ call THEN replace(btrim(given, ''''), '''''', '''')
                              WHEN given ~ '^tg_argv' THEN nullif(arguments[(regexp_match(given, '\d+'))[1]::int + 1], '') END;
                IF given IS NULL THEN
                    sequence := NULL;
                    reason := 'the trigger''s function computes the sequence''s name at run time';
                ELSE
                    SELECT r.sequence, r.unresolved INTO sequence, reason
                      FROM @extschema@.fc_seq_resolve('the trigger''s function', given, preferred) r;
                END IF;
                IF col IS NULL THEN
                    attribute := (SELECT o.a FROM unnest(sequences, relations, attributes) o (s, r, a)
                                   WHERE o.s = sequence AND o.r = t.relation);
                ELSIF sequence IS NOT NULL AND NOT is_plain THEN
                    drawing := 'unclear';
                    reason := 'the trigger''s function may do more than draw a value from the sequence';
                END IF;
                RETURN NEXT;
            END LOOP;
        END LOOP;
    END LOOP;
END $fn$;
