-- Who holds the lock, whose is it, and since when has nothing happened there?
CREATE EXTENSION IF NOT EXISTS pg_flightcheck;
SET pg_flightcheck.orphan_after = '2s';
\x on
SELECT verdict, lock_key, tool, state, scope, evidence, detail, fix FROM advisory_lock_report() WHERE granted;
\x off
SELECT verdict, tool, pid = ANY (SELECT unnest(blocks) FROM advisory_lock_report()) AS is_blocked, left(query, 40) AS query
  FROM advisory_lock_report();
-- Without dry_run => false it only says what it would do:
SELECT outcome, role, application_name, detail FROM advisory_lock_terminate('72707369', min_idle => '2s');
-- The fix, as it is:
SELECT fix FROM advisory_lock_report() WHERE verdict = 'orphan' \gexec
