-- The application runs. What is asked for is there:
SELECT title FROM articles WHERE id = 1;
-- Two days later somebody asks where the comments are. The snapshot of the original knows what there was:
\set original `cat "$STAGE_DIR/cms_old.json"`
SELECT severity, kind, object, source_value AS original, target_value AS here, detail FROM db_compare(:'original');
-- And a line in the application's start-up would have told at once:
SELECT db_assert(:'original');
-- On the right database, it says how many tables are there:
\connect cms_old
SELECT db_assert(:'original');
