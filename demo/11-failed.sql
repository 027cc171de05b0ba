-- The killed container got half way. What does the tool's own table say, and how does one go on?
\x on
SELECT state, tool, table_name, version, detail, fix FROM migration_report();
\x off
-- The fix:
SELECT fix FROM migration_report() WHERE state = 'failed' \gexec
