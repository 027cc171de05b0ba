-- Returns the tables of the extended statistics objects with the OIDs $1.
SELECT s.stxrelid FROM pg_catalog.pg_statistic_ext s WHERE s.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
