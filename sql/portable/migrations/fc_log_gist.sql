-- Returns the essence of a log: the server's error if it quotes one, otherwise its first line.
CREATE FUNCTION @extschema@.fc_log_gist(log text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH line AS (
    SELECT row_number() OVER (ORDER BY l.no) AS no, btrim(l.words, E' \t\r') AS words
      FROM regexp_split_to_table(log, '\n') WITH ORDINALITY l (words, no) WHERE btrim(l.words, E' \t\r') <> ''
), gist AS (
    SELECT coalesce((SELECT n.words FROM line n WHERE n.no = (SELECT min(m.no) + 1 FROM line m WHERE m.words = 'Database error:')),
                    (SELECT substr(n.words, strpos(n.words, 'ERROR:')) FROM line n WHERE strpos(n.words, 'ERROR:') > 0 ORDER BY n.no LIMIT 1),
                    (SELECT n.words FROM line n WHERE n.no = (SELECT min(m.no) + 1 FROM line m WHERE m.words = 'external connector error')),
                    (SELECT n.words FROM line n WHERE n.no = 1), '') AS words
)
SELECT CASE WHEN length(g.words) > 200 THEN left(g.words, 200) WHEN g.words ~ '[^.]\.$' THEN left(g.words, -1) ELSE g.words END FROM gist g
$fn$;
