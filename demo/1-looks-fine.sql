-- Every row is there.
SELECT (SELECT count(*) FROM articles) AS articles,
       (SELECT count(*) FROM articles_tags_links) AS articles_tags_links,
       (SELECT count(*) FROM tags) AS tags,
       (SELECT count(*) FROM comments) AS comments,
       (SELECT count(*) FROM orders) AS orders;

-- An editor adds a tag, and it works. Ship it.
INSERT INTO tags (name) VALUES ('release') RETURNING id, name;
