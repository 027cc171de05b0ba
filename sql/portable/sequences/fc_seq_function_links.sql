-- Returns the links of columns whose default calls a user's function. "sequences" and the two
-- arrays after it hold the sequences that columns own, and the columns. A row without kind is a
-- column whose default is known not to draw.
CREATE FUNCTION @extschema@.fc_seq_function_links(sequences oid[], relations oid[], attributes int2[])
RETURNS TABLE (sequence oid, relation oid, attribute int2, kind text, drawing text, reason text) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    d record;
    draw record;
    called oid;
    plain_call oid;
    is_owner boolean;
    is_silent boolean;
BEGIN
    FOR d IN
        SELECT q.* FROM (
            @queries/defaults_calling_functions.sql@
        ) q (relation, attribute, tree)
    LOOP
        relation := d.relation;
        attribute := d.attribute;
        is_silent := true;
        is_owner := EXISTS (SELECT FROM unnest(relations, attributes) o (r, a) WHERE o.r = d.relation AND o.a = d.attribute);
        plain_call := (regexp_match(regexp_replace(d.tree,
            '^(?:\{FUNCEXPR :funcid (?:480|714|1781) [^{}()]*:args \(|\{FUNCEXPR :funcid 1703 [^{}()]*:funcformat 2 [^{}()]*:args \(|\{(?:COERCETODOMAIN|RELABELTYPE) :arg )*', ''),
            '^\{FUNCEXPR :funcid (\d+) '))[1]::oid;
        FOR called IN SELECT m[1]::oid FROM regexp_matches(d.tree, ':(?:op)?funcid (\d+) ', 'g') m WHERE m[1]::oid >= 16384::oid LOOP
            FOR draw IN
                SELECT x.*, count(*) OVER () AS all_draws, bool_or(x.is_opaque) OVER () AS some_opaque
                  FROM @extschema@.fc_body_draws(called) x
            LOOP
                is_silent := false;
                CONTINUE WHEN draw.is_opaque;
                kind := 'function_default';
                sequence := draw.sequence;
                reason := NULL;
                IF draw.name IS NOT NULL THEN
                    SELECT r.sequence, r.unresolved INTO sequence, reason
                      FROM @extschema@.fc_seq_resolve('the default''s function', draw.name,
                        ARRAY(SELECT o.s FROM unnest(sequences, relations, attributes) o (s, r, a) WHERE o.r = d.relation AND o.a = d.attribute)) r;
                ELSIF sequence IS NULL THEN
                    reason := 'the default''s function computes the sequence''s name at run time';
                END IF;
                drawing := 'plain';
                IF sequence IS NOT NULL AND NOT (draw.is_plain AND draw.all_draws = 1 AND plain_call = called) THEN
                    drawing := 'unclear';
                    reason := 'the default''s function may do more than draw a value from the sequence';
                END IF;
                IF sequence IS NOT NULL OR NOT is_owner THEN
                    RETURN NEXT;
                END IF;
            END LOOP;
        END LOOP;
        IF is_silent THEN
            sequence := NULL;
            kind := NULL;
            RETURN NEXT;
        END IF;
    END LOOP;
END $fn$;
