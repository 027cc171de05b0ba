-- The computation in the usual notation.
CREATE FUNCTION @extschema@.fc_formula_words(formula jsonb, names jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    words text := format('%s(%s)', CASE WHEN formula ->> 'hash' ~ '^fnv1a' THEN 'fnv1a_32' WHEN formula ->> 'hash' ~ '^fnv1-' THEN 'fnv1_32'
                                        WHEN formula ->> 'hash' = 'java-hash-code' THEN 'hashCode'
                                        ELSE split_part(formula ->> 'hash', '-', 1) END,
                         replace(@extschema@.fc_literal(@extschema@.fc_filled(formula ->> 'of', names)), '\u0001', '\0'));
    step record;
BEGIN
    FOR step IN SELECT o.key, o.value #>> '{}' AS value FROM jsonb_array_elements(formula -> 'then') WITH ORDINALITY s (one, no),
                LATERAL jsonb_each(CASE jsonb_typeof(s.one) WHEN 'object' THEN s.one ELSE '{}' END) o ORDER BY s.no LOOP
        words := CASE step.key WHEN 'multiply' THEN format('%s * %s', step.value, words) WHEN 'add' THEN format('%s + %s', step.value, words)
                 WHEN 'modulo' THEN format('(%s) mod %s', words, step.value) WHEN 'and' THEN format('%s & %s', words, step.value) ELSE words END;
    END LOOP;
    RETURN words;
END $fn$;
