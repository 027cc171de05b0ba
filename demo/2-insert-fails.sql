-- An editor writes an article.
INSERT INTO articles (title) VALUES ('We have moved!');

-- All the application's log says is "Unique constraint failed". The editor tries again.
INSERT INTO articles (title) VALUES ('We have moved!');
