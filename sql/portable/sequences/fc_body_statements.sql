-- Returns the statements of a normalized PL/pgSQL body, without the words that come before a
-- statement within it.
CREATE FUNCTION @extschema@.fc_body_statements(body text)
RETURNS text[] LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT coalesce(array_agg(regexp_replace(m[1], '^(?:(?:''(?:[^'']|'''')*''|[^'';])* )?(?:begin|then|else|loop) (?=new \. (?:"(?:[^"]|"")*"|\w+) :?= |select |insert |update |delete |merge |execute |call |perform |return |\w+ :=)', '')
                          ORDER BY place), '{}')
  FROM regexp_matches(body, '((?:''(?:[^'']|'''')*''|[^'';])+)', 'g') WITH ORDINALITY x (m, place)
$fn$;
