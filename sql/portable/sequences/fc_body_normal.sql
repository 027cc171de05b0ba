-- Returns a function's source as tokens with one blank between them, in lower case except for
-- literals and quoted names, without comments. NULL if it has literals in dollar quotes.
CREATE FUNCTION @extschema@.fc_body_normal(source text)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN source ~ '\$\w*\$' THEN NULL
            ELSE (SELECT coalesce(string_agg(CASE WHEN t.m[1] ~ '^[''"]' THEN t.m[1] ELSE lower(t.m[1]) END, ' ' ORDER BY t.place), '')
                    FROM regexp_matches(regexp_replace(source, '(''(?:[^'']|'''')*''|"(?:[^"]|"")*")|--[^\n]*|/\*(?:[^*]|\*+[^*/])*\*+/', '\1 ', 'g'),
                                        '(''(?:[^'']|'''')*''|"(?:[^"]|"")*"|\w+|:=|::|\|\||[^\s\w])', 'g')
                         WITH ORDINALITY t (m, place)) END
$fn$;
