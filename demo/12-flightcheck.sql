-- Everything that is wrong with it, worst first:
CREATE EXTENSION IF NOT EXISTS pg_flightcheck;
SELECT severity, check_name, object, left(detail, 70) AS detail FROM flightcheck('public', expected_owner => 'app', deep => true) WHERE severity <> 'info';
-- The repairs come with it. The owner, and the sequences:
SELECT fix FROM flightcheck('public', expected_owner => 'app') WHERE check_name = 'wrong_owner' \gexec
SELECT DISTINCT fix FROM flightcheck('public') WHERE check_name = 'sequence_behind' \gexec
-- The comments without an article are a choice: list, delete, set to null, or insert what is missing.
SELECT sample, unnest(choices) AS choice FROM fk_audit('public') WHERE status = 'violated';
SELECT substr(choice, 4) FROM fk_audit('public'), unnest(choices) choice WHERE status = 'violated' AND choice ~ '^-- UPDATE' \gexec
-- Last, the statistics:
SELECT fix FROM flightcheck('public') WHERE check_name = 'never_analyzed' \gexec
SELECT count(*) AS errors_and_warnings FROM flightcheck('public', expected_owner => 'app', deep => true) WHERE severity <> 'info';
