-- Which session holds the lock, which tool is it, and how long has the session been idle?
CREATE EXTENSION IF NOT EXISTS pg_flightcheck;
SET pg_flightcheck.orphan_after = '2s';
\x on
SELECT status, lock_key, tool, state, scope, evidence, detail, fix FROM advisory_lock_report() WHERE granted;
\x off
SELECT status, tool, pid = ANY (SELECT unnest(blocks) FROM advisory_lock_report()) AS is_blocked, left(query, 40) AS query
  FROM advisory_lock_report();
-- Without dry_run => false, it only reports what it would do:
SELECT outcome, role, application_name, detail FROM advisory_lock_terminate('72707369', min_idle => '2s');
-- Run the fix:
SELECT fix FROM advisory_lock_report() WHERE status = 'orphan' \gexec
