-- The number that a formula gives; NULL if its hash is left out.
CREATE FUNCTION @extschema@.fc_formula(formula jsonb, names jsonb) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    words text := CASE WHEN jsonb_typeof(formula -> 'of') = 'string' THEN @extschema@.fc_filled(formula ->> 'of', names) END;
    data bytea;
    number numeric;
    step record;
BEGIN
    IF words IS NULL THEN RETURN NULL; END IF;
    IF formula ->> 'hash' = 'java-hash-code' THEN
        number := @extschema@.fc_java_hash(words);
    ELSE
        data := convert_to(words, 'UTF8');
        IF strpos(words, chr(1)) > 0 THEN
            data := decode(regexp_replace(encode(data, 'hex'), '((?:..)*?)01', '\100', 'g'), 'hex');
        END IF;
        number := CASE formula ->> 'hash'
            WHEN 'crc32' THEN @extschema@.fc_crc32(data)
            WHEN 'fnv1-32' THEN @extschema@.fc_fnv32(data, false)
            WHEN 'fnv1a-32' THEN @extschema@.fc_fnv32(data, true)
            WHEN 'md5-hex8' THEN @extschema@.fc_unsigned(decode(left(md5(data), 8), 'hex'))
            WHEN 'md5-hex16' THEN @extschema@.fc_unsigned(decode(left(md5(data), 16), 'hex'))
            WHEN 'md5-decimals' THEN left(regexp_replace(md5(data), '\D', '', 'g'), 10)::numeric
            WHEN 'sha224-be64' THEN @extschema@.fc_unsigned(substr(sha224(data), 1, 8))
            WHEN 'sha256-be64' THEN @extschema@.fc_unsigned(substr(sha256(data), 1, 8))
            WHEN 'sha256-le64' THEN @extschema@.fc_unsigned(@extschema@.fc_reversed(substr(sha256(data), 1, 8)))
            WHEN 'sha256-le32' THEN @extschema@.fc_unsigned(@extschema@.fc_reversed(substr(sha256(data), 1, 4)))
            WHEN 'sha256-le32-second' THEN @extschema@.fc_unsigned(@extschema@.fc_reversed(substr(sha256(data), 5, 4)))
            WHEN 'hashtext' THEN hashtext(words) END;
    END IF;
    FOR step IN SELECT o.key, o.value #>> '{}' AS value FROM jsonb_array_elements(formula -> 'then') WITH ORDINALITY s (one, no),
                LATERAL jsonb_each(CASE jsonb_typeof(s.one) WHEN 'object' THEN s.one ELSE '{}' END) o ORDER BY s.no LOOP
        number := CASE step.key
            WHEN 'multiply' THEN number * step.value::numeric
            WHEN 'add' THEN number + step.value::numeric
            WHEN 'modulo' THEN mod(mod(number, step.value::numeric) + step.value::numeric, step.value::numeric)
            WHEN 'and' THEN (number::bigint & step.value::bigint)::numeric
            WHEN 'signed' THEN CASE WHEN mod(number, 2::numeric ^ step.value::int) >= 2::numeric ^ (step.value::int - 1)
                               THEN mod(number, 2::numeric ^ step.value::int) - 2::numeric ^ step.value::int
                               ELSE mod(number, 2::numeric ^ step.value::int) END END;
    END LOOP;
    RETURN trunc(number);
END $fn$;
