-- On Monday, the editor writes.
INSERT INTO articles (title) VALUES ('Monday');

-- The error says where the id came from and what to run:
SELECT outcome, table_name, old_next, new_next FROM seq_resync_table('public.articles');
INSERT INTO articles (title) VALUES ('Monday, at last') RETURNING id, title;
