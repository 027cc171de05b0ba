-- Before the next attempt: will it hold?
SELECT verdict, orphans, sample FROM fk_precheck('media', '{article_id}', 'articles');
-- One of the ways that ddl offers for those rows:
SELECT substring(ddl FROM '-- (UPDATE [^;]*);') FROM fk_precheck('media', '{article_id}', 'articles') \gexec
SELECT verdict, orphans, ddl FROM fk_precheck('media', '{article_id}', 'articles') \gx
-- Pasted as it is, it keeps no writer out for longer than a moment:
SELECT unnest(string_to_array(ddl, E'\n')) FROM fk_precheck('media', '{article_id}', 'articles') \gexec
SELECT status, constraint_name, orphans FROM fk_audit('public') WHERE table_name = 'media'::regclass;
