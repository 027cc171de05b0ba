-- An editor writes an article.
INSERT INTO articles (title) VALUES ('We have moved!');

-- The application's log only says "Unique constraint failed". The editor tries again.
INSERT INTO articles (title) VALUES ('We have moved!');
