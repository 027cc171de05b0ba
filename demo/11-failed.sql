-- The killed container got half way. What does the tool's own table say, and how do we continue?
\x on
SELECT status, tool, table_name, version, detail, fix FROM migration_report();
\x off
-- Run the fix:
SELECT fix FROM migration_report() WHERE status = 'failed' \gexec
