-- The tables that have triggers which can be deferred.
SELECT DISTINCT tgrelid FROM pg_catalog.pg_trigger WHERE tgdeferrable
