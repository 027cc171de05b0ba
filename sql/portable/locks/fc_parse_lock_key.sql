-- Returns the key as advisory_lock_report shows it; NULL if the text is not a key.
CREATE FUNCTION @extschema@.fc_parse_lock_key(words text) RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    inner_ text := btrim(words, E' \t\r\n');
    parts text[];
BEGIN
    IF inner_ ~ '^\(' THEN
        IF inner_ !~ '\)$' THEN RETURN NULL; END IF;
        inner_ := substr(inner_, 2, length(inner_) - 2);
    END IF;
    parts := regexp_match(inner_, '^\s*\+?(\d+)\s*:\s*\+?(\d+)\s*:\s*\+?(\d+)\s*$');
    IF parts IS NOT NULL THEN
        IF parts[1]::numeric > 4294967295 OR parts[2]::numeric > 4294967295 OR parts[3]::numeric > 65535 THEN RETURN NULL; END IF;
        RETURN @extschema@.fc_lock_key(parts[1]::bigint, parts[2]::bigint, parts[3]::int);
    END IF;
    parts := regexp_match(inner_, '^\s*([+-]?\d+)\s*,\s*([+-]?\d+)\s*$');
    IF parts IS NOT NULL THEN
        IF parts[1]::numeric NOT BETWEEN -2147483648 AND 2147483647 OR parts[2]::numeric NOT BETWEEN -2147483648 AND 2147483647 THEN RETURN NULL; END IF;
        RETURN format('%s,%s', parts[1]::int, parts[2]::int);
    END IF;
    IF inner_ ~ '^\s*[+-]?\d+\s*$' AND btrim(inner_, E' \t\r\n')::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
        RETURN inner_::bigint::text;
    END IF;
    RETURN NULL;
END $fn$;
