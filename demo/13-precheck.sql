-- Before the next attempt: will the foreign key hold?
SELECT status, orphans, sample FROM fk_precheck('media', '{article_id}', 'articles');
-- One of the choices for those rows:
SELECT substr(choice, 4) FROM fk_precheck('media', '{article_id}', 'articles'), unnest(choices) choice WHERE choice ~ '^-- UPDATE' \gexec
SELECT status, orphans, unnest(ddl) AS ddl FROM fk_precheck('media', '{article_id}', 'articles');
-- Run one by one, these statements block writers only for a moment:
SELECT unnest(ddl) FROM fk_precheck('media', '{article_id}', 'articles') \gexec
SELECT status, constraint_name, orphans FROM fk_audit('public') WHERE table_name = 'media'::regclass;
