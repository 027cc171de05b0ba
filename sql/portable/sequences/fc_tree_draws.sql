-- Returns all calls of nextval (OID 1574) in a default's expression, as src/sequences/default_tree.rs
-- does: the sequence, or its name as text, or neither if it is computed.
--
-- form: number or text = a value goes in as it is drawn; shifted = with shift added; composed
CREATE FUNCTION @extschema@.fc_tree_draws(tree text)
RETURNS TABLE (sequence oid, name text, form text, shift bigint) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    casts CONSTANT text := '^(?:\{FUNCEXPR :funcid (?:480|714|1781) [^{}()]*:args \(|\{FUNCEXPR :funcid 1703 [^{}()]*:funcformat 2 [^{}()]*:args \(|\{(?:COERCETODOMAIN|RELABELTYPE) :arg )*';
    text_casts CONSTANT text := '^(?:\{FUNCEXPR :funcid 669 [^{}()]*:funcformat 2 [^{}()]*:args \(|\{(?:COERCETODOMAIN|RELABELTYPE) :arg )*\{COERCEVIAIO :arg ';
    call CONSTANT text := '{FUNCEXPR :funcid 1574 ';
    rest text := regexp_replace(tree, casts, '');
    plain text := 'composed';
    plain_length int;
    plain_shift bigint;
    head text[];
    nodes text[];
    argument text;
BEGIN
    IF starts_with(rest, call) THEN
        plain := 'number';
        plain_length := length(rest);
    ELSIF tree ~ text_casts AND starts_with(regexp_replace(tree, text_casts, ''), call) THEN
        plain := 'text';
        plain_length := length(regexp_replace(tree, text_casts, ''));
    ELSE
        head := regexp_match(rest, '^\{OPEXPR :opno (684|688|818|692|822|685|689|819) [^{}]*:args \((.*)$');
        IF head IS NOT NULL THEN
            nodes := @extschema@.fc_tree_nodes(head[2]);
            -- The operand that draws, and how far the end of the tree is from it.
            IF cardinality(nodes) = 2 AND @extschema@.fc_tree_number(nodes[2]) IS NOT NULL
                AND @extschema@.fc_tree_number(nodes[1]) IS NULL THEN
                argument := regexp_replace(head[2], casts, '');
                plain_shift := @extschema@.fc_tree_number(nodes[2])
                               * CASE WHEN head[1] IN ('685', '689', '819') THEN -1 ELSE 1 END;
            ELSIF cardinality(nodes) = 2 AND head[1] NOT IN ('685', '689', '819')
                AND @extschema@.fc_tree_number(nodes[1]) IS NOT NULL
                AND @extschema@.fc_tree_number(nodes[2]) IS NULL THEN
                argument := regexp_replace(substr(head[2], position(nodes[2] IN head[2])), casts, '');
                plain_shift := @extschema@.fc_tree_number(nodes[1]);
            END IF;
            IF starts_with(argument, call) THEN
                plain := 'shifted';
                plain_length := length(argument);
            END IF;
        END IF;
    END IF;
    rest := tree;
    WHILE position(call IN rest) > 0 LOOP
        rest := substr(rest, position(call IN rest));
        form := CASE WHEN length(rest) = plain_length THEN plain ELSE 'composed' END;
        shift := CASE WHEN form = 'shifted' THEN plain_shift END;
        sequence := NULL;
        name := NULL;
        argument := (regexp_match(rest, '^[^{}]*\{?[^{}]*:args \((\{.*)$'))[1];
        IF argument IS NULL THEN
            form := 'composed';
        ELSIF starts_with(argument, '{CONST ') THEN
            sequence := (SELECT bit_or((b.byte::bigint & 255) << (8 * (b.place - 1)::int))::oid
                           FROM regexp_match(argument, '^\{CONST [^{}\[]*:constvalue \d+ \[ ([-\d ]+)\]') m,
                                unnest(string_to_array(btrim(m[1]), ' ')) WITH ORDINALITY b (byte, place)
                          WHERE b.place <= 4);
        ELSIF starts_with(argument, '{FUNCEXPR :funcid 1079 ') THEN
            name := @extschema@.fc_tree_text((regexp_match(argument, '^\{FUNCEXPR [^{}]*:args \((\{.*)$'))[1]);
        END IF;
        RETURN NEXT;
        rest := substr(rest, length(call));
    END LOOP;
END $fn$;
