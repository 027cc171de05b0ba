-- The old database's rows after years of use.
INSERT INTO authors (name) SELECT 'Author ' || n FROM generate_series(1, 25) n;
INSERT INTO articles (title, published_at) SELECT 'Article ' || n, '2020-01-01'::timestamptz + n * interval '1 day' FROM generate_series(1, 2000) n;
-- The first 40 tags were deleted long ago.
INSERT INTO tags (name) SELECT 'tag-' || n FROM generate_series(1, 340) n;
DELETE FROM tags WHERE id <= 40;
INSERT INTO media (url) SELECT '/uploads/' || n || '.jpg' FROM generate_series(1, 800) n;
INSERT INTO articles_authors_links (article_id, author_id) SELECT n, n % 25 + 1 FROM generate_series(1, 2000) n;
INSERT INTO articles_tags_links (article_id, tag_id) SELECT n % 2000 + 1, n % 300 + 41 FROM generate_series(1, 5000) n;
INSERT INTO comments (article_id, body) SELECT n % 2000 + 1, 'Comment ' || n FROM generate_series(1, 12000) n;
INSERT INTO orders (total) SELECT n FROM generate_series(1, 700) n;
-- A backup role that can read all tables, but no sequences.
CREATE ROLE backup LOGIN;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO backup;
