-- What one entry of the catalogue says about a key.
CREATE FUNCTION @extschema@.fc_key_reason(tool text, which text, what text, candidate jsonb, key text, strength int, names jsonb, here boolean)
RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    parts text[];
    of_which text := coalesce(' (' || which || ')', '');
    object text;
    formula jsonb := candidate -> 'formula';
    number int;
BEGIN
    IF candidate ? 'key' THEN
        IF strength < 3 THEN RETURN format('%s is a key of %s%s', key, tool, of_which); END IF;
        RETURN format('%s is the key of %s (constant%s)', key, tool, coalesce(': ' || which, ''));
    ELSIF names IS NOT NULL THEN
        RETURN format('%s''s key for %s: %s', tool,
            CASE WHEN candidate::text ~ '\{schema\}' AND candidate::text ~ '\{table\}'
                 THEN format('%s.%s', @extschema@.fc_identifier(names ->> 'schema'), @extschema@.fc_identifier(names ->> 'table'))
                 WHEN candidate::text ~ '\{table\}' THEN 'table ' || @extschema@.fc_identifier(names ->> 'table')
                 WHEN candidate::text ~ '\{schema\}' THEN 'schema ' || @extschema@.fc_identifier(names ->> 'schema')
                 WHEN candidate::text ~ '\{name\}' THEN 'the name ' || @extschema@.fc_identifier(names ->> 'name')
                 WHEN candidate::text ~ '\{database\}' THEN 'database ' || @extschema@.fc_identifier(names ->> 'database')
                 ELSE what END,
            CASE WHEN formula IS NOT NULL THEN @extschema@.fc_formula_words(formula, names)
                 ELSE (SELECT string_agg(@extschema@.fc_formula_words(p.part, names), ', ' ORDER BY p.no)
                         FROM jsonb_array_elements(candidate -> 'pair') WITH ORDINALITY p (part, no) WHERE jsonb_typeof(p.part) = 'object') END);
    ELSIF candidate ? 'pair' THEN
        FOR i IN 0 .. 1 LOOP
            number := split_part(key, ',', i + 1)::int;
            parts := parts || CASE
                WHEN jsonb_typeof(candidate -> 'pair' -> i) = 'number'
                THEN format('%s is the %s number of %s''s keys%s', number, CASE i WHEN 0 THEN 'first' ELSE 'second' END, tool, of_which)
                WHEN candidate -> 'pair' -> i ? 'any'
                THEN format('the %s, %s, is %s', CASE i WHEN 0 THEN 'first' ELSE 'second' END, number, candidate #>> ARRAY['pair', i::text, 'any'])
                WHEN candidate -> 'pair' -> i ? 'table_oid_plus'
                THEN format('the %s stands for the table with OID %s', CASE i WHEN 0 THEN 'first' ELSE 'second' END,
                            mod(number::bigint - (candidate #>> ARRAY['pair', i::text, 'table_oid_plus'])::bigint + 4294967296, 4294967296))
                ELSE format('the %s is %s', CASE i WHEN 0 THEN 'first' ELSE 'second' END, number) END;
        END LOOP;
        RETURN array_to_string(parts, ', ');
    ELSIF candidate ? 'from' THEN
        RETURN format('%s is a number that %s uses for %s', key, tool, candidate ->> 'of');
    ELSIF candidate ? 'oid_of' THEN
        object := coalesce((SELECT format('role %s', r.rolname) FROM pg_roles r WHERE r.oid::text = key),
                           (SELECT format('database %s', d.datname) FROM pg_database d WHERE d.oid::text = key));
        RETURN format('%s locks by OID, and %s %s', tool, key, coalesce('is that of ' || object, 'may be one'));
    END IF;
    RETURN format('objsubid %s is one of %s''s%s%s', candidate ->> 'objsubid', tool, of_which,
        ', ' || (candidate #>> '{number,of}') || ' ' || CASE candidate #>> '{number,at}'
            WHEN 'classid' THEN split_part(key, ':', 1) WHEN 'objid' THEN split_part(key, ':', 2)
            ELSE (split_part(key, ':', 1)::numeric * 4294967296 + split_part(key, ':', 2)::numeric)::text END);
END $fn$;
