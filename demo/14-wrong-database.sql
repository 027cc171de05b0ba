-- The application runs, and finds what it queries:
SELECT title FROM articles WHERE id = 1;
-- Two days later a user asks where the comments are. The original's snapshot shows what existed:
\set original `cat "$STAGE_DIR/cms_old.json"`
SELECT severity, kind, object, source_value AS original, target_value AS here, detail FROM db_compare(:'original');
-- One line in the application's start-up would have reported it at once:
SELECT db_assert(:'original');
-- On the right database, it returns the number of tables:
\connect cms_old
SELECT db_assert(:'original');
