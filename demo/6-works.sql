-- The editor tries once more. The shop sells, the join table takes a row, a second tag goes in.
INSERT INTO articles (title) VALUES ('We have moved!') RETURNING id, title;
INSERT INTO orders (total) VALUES (49.90) RETURNING number, total;
INSERT INTO articles_tags_links (article_id, tag_id) VALUES (2001, 41) RETURNING *;
INSERT INTO tags (name) VALUES ('hotfix') RETURNING *;

-- And the start-up check, which says how many sequences it looked at:
SELECT seq_assert();
