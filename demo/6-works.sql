-- The editor tries again. An order, a row of the join table and another tag are inserted, too.
INSERT INTO articles (title) VALUES ('We have moved!') RETURNING id, title;
INSERT INTO orders (total) VALUES (49.90) RETURNING number, total;
INSERT INTO articles_tags_links (article_id, tag_id) VALUES (2001, 41) RETURNING *;
INSERT INTO tags (name) VALUES ('hotfix') RETURNING *;

-- And the start-up check, which returns the number of sequences:
SELECT seq_assert();
