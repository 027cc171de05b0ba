-- Runs the script statement by statement, goes on after a failure, and undoes everything:
SELECT status, line, command, sqlstate, message FROM migration_rehearse(:'script', on_error => 'continue');
-- Nothing of it is left:
SELECT count(*) FROM media WHERE article_id > 2000;
