-- Reads the script against the rows and roles that are here, and runs none of it:
SELECT severity, line, check_name, sqlstate, detail FROM migration_precheck(:'script') WHERE severity IN ('error', 'unknown');
