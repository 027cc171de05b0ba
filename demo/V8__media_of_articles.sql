UPDATE media m SET m.article_id = NULL WHERE m.article_id > 2000;
ALTER TABLE media ADD CONSTRAINT media_article_id_fkey FOREIGN KEY (article_id) REFERENCES articles;
CREATE INDEX media_article_id_idx ON media (article_id);
