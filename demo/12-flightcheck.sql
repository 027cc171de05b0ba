-- Everything that is wrong, most severe first:
CREATE EXTENSION IF NOT EXISTS pg_flightcheck;
SELECT severity, check_name, object, left(detail, 70) AS detail FROM flightcheck('public', expected_owner => 'app', deep => true) WHERE severity <> 'info';
-- The fixes are included. First the owner and the sequences:
SELECT fix FROM flightcheck('public', expected_owner => 'app') WHERE check_name = 'wrong_owner' \gexec
SELECT DISTINCT fix FROM flightcheck('public') WHERE check_name = 'sequence_behind' \gexec
-- Comments without an article need a decision: list, delete, set to null, or insert the missing rows.
SELECT sample, unnest(choices) AS choice FROM fk_audit('public') WHERE status = 'violated';
SELECT substr(choice, 4) FROM fk_audit('public'), unnest(choices) choice WHERE status = 'violated' AND choice ~ '^-- UPDATE' \gexec
-- Finally the statistics:
SELECT fix FROM flightcheck('public') WHERE check_name = 'never_analyzed' \gexec
SELECT count(*) AS errors_and_warnings FROM flightcheck('public', expected_owner => 'app', deep => true) WHERE severity <> 'info';
