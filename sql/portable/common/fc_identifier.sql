-- A name in double quotes on one line.
CREATE FUNCTION @extschema@.fc_identifier(name text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN name !~ '[\u0001-\u001f\u007f-\u009f]' THEN '"' || replace(name, '"', '""') || '"'
       ELSE 'U&"' || (SELECT string_agg(CASE WHEN c.letter IN ('"', '\') THEN c.letter || c.letter
                                             WHEN c.letter ~ '[\u0001-\u001f\u007f-\u009f]'
                                             THEN '\' || lpad(upper(to_hex(ascii(c.letter))), 4, '0')
                                             ELSE c.letter END, '' ORDER BY c.ordinality)
                        FROM regexp_split_to_table(name, '') WITH ORDINALITY c (letter)) || '"' END
$fn$;
