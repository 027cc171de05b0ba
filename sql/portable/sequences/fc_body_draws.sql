-- Returns what functions draw for their caller, as far as their sources show: for each call of
-- nextval the sequence or its name (neither if that is computed), and whether the caller gets the
-- value as it is drawn. A row with is_opaque means that the function may do anything else.
--
-- Only the usual forms count as plain: a body that only returns nextval('name'), through a variable
-- or not. Other calls are found, but the value may be anything.
CREATE FUNCTION @extschema@.fc_body_draws(function oid, depth int DEFAULT 4)
RETURNS TABLE (sequence oid, name text, is_plain boolean, is_opaque boolean) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    call CONSTANT text := '(?:pg_catalog \. )?nextval \( ''((?:[^'']|'''')*)''(?: :: (?:pg_catalog \. )?(?:regclass|text))* \)(?: :: (?:pg_catalog \. )?\w+)*';
    f record;
    body text;
    hit text[];
    called oid[];
BEGIN
    SELECT p.oid, p.prosrc, to_jsonb(p) ->> 'prosqlbody' AS tree, l.lanname, p.proname INTO f
      FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.oid = function;
    sequence := NULL;
    is_opaque := true;
    IF NOT FOUND OR depth < 0 OR f.lanname NOT IN ('sql', 'plpgsql') THEN
        RETURN NEXT;
        RETURN;
    END IF;
    IF f.tree IS NOT NULL THEN
        IF f.tree ~ '\{QUERY :commandType [^1]' THEN
            RETURN NEXT;
        END IF;
        hit := regexp_match(f.tree, '\{TARGETENTRY :expr (.*)$');
        RETURN QUERY
            SELECT d.sequence, d.name,
                   d.form = 'number' AND f.tree LIKE '%:jointree {FROMEXPR :fromlist <> :quals <>}%'
                   AND length(f.tree) - length(replace(f.tree, '{QUERY ', '')) = 7
                   AND length(f.tree) - length(replace(f.tree, '{TARGETENTRY ', '')) = 13, false
              FROM @extschema@.fc_tree_draws(hit[1]) d;
        called := (SELECT array_agg(DISTINCT m[1]::oid) FROM regexp_matches(f.tree, ':(?:op)?funcid (\d+) ', 'g') m
                    WHERE m[1]::oid >= 16384::oid);
    ELSE
        body := @extschema@.fc_body_normal(f.prosrc);
        IF body IS NULL THEN
            RETURN NEXT;
            RETURN;
        END IF;
        hit := coalesce(
            regexp_match(body, '^select ' || call || '(?: (?:as )?\w+)? ?;?$'),
            regexp_match(body, '^begin return ' || call || ' ; end ?;?$'),
            regexp_match(body, '^begin return \( select ' || call || ' \) ; end ?;?$'));
        IF hit IS NULL THEN
            hit := (regexp_match(body, '^declare (\w+) [\w. ]+ ; begin (?:select ' || call || ' into (?:strict )?\1|\1 :?= ' || call || ') ; return \1 ; end ?;?$'));
            hit := CASE WHEN hit IS NOT NULL THEN ARRAY[coalesce(hit[2], hit[3])] END;
        END IF;
        IF hit IS NOT NULL THEN
            name := replace(hit[1], '''''', '''');
            is_plain := true;
            is_opaque := false;
            RETURN NEXT;
            RETURN;
        END IF;
        is_plain := false;
        is_opaque := false;
        FOR hit IN SELECT m FROM regexp_matches(body, '(?:^|[^.] |pg_catalog \. )nextval \( (''(?:[^'']|'''')*''(?: :: [\w. ]+)? \))?', 'g') m LOOP
            name := replace((regexp_match(hit[1], '^''(.*)''(?: :: [\w. ]+)? \)$'))[1], '''''', '''');
            RETURN NEXT;
        END LOOP;
        IF regexp_replace(body, '''(?:[^'']|'''')*''', '''''', 'g') ~ '\m(execute|insert|update|delete|merge|call)\M' THEN
            name := NULL;
            is_opaque := true;
            RETURN NEXT;
        END IF;
        called := (SELECT array_agg(DISTINCT p.oid)
                     FROM regexp_matches(regexp_replace(body, '''(?:[^'']|'''')*''', '''''', 'g'), '([[:alnum:]_]+) \(', 'g') m
                     JOIN pg_proc p ON p.proname = m[1]::name
                    WHERE p.oid >= 16384::oid AND p.oid <> f.oid);
    END IF;
    RETURN QUERY SELECT d.sequence, d.name, false, d.is_opaque
      FROM unnest(called) c (oid) CROSS JOIN LATERAL @extschema@.fc_body_draws(c.oid, depth - 1) d;
END $fn$;
