-- Returns a function's source as tokens with one blank between them, in lower case except for
-- literals and quoted names, without comments. In quoted names, a quotation mark becomes \x01 and a
-- semicolon \x02, so that they cannot be mistaken for those of the code. NULL if it has literals in dollar quotes.
CREATE FUNCTION @extschema@.fc_body_normal(source text)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN source ~ '\$\w*\$' THEN NULL
            ELSE (SELECT coalesce(string_agg(CASE WHEN t.m[1] ~ '^[eE]''' THEN replace(substr(t.m[1], 2), '\\', '\')
                                                  WHEN t.m[1] ~ '^"' THEN translate(t.m[1], ''';', E'\x01\x02')
                                                  WHEN t.m[1] ~ '^''' THEN t.m[1] ELSE lower(t.m[1]) END, ' ' ORDER BY t.place), '')
                    FROM regexp_matches(regexp_replace(source, '([eE]''(?:[^''\\]|\\.|'''')*''|''(?:[^'']|'''')*''|"(?:[^"]|"")*")|--[^\n]*|/\*(?:[^*]|\*+[^*/])*\*+/', '\1 ', 'g'),
                                        '([eE]''(?:[^''\\]|\\\\|'''')*''|''(?:[^'']|'''')*''|"(?:[^"]|"")*"|\w+|:=|::|\|\||[^\s\w])', 'g')
                         WITH ORDINALITY t (m, place)) END
$fn$;
