-- The extension's members: all are listed here, and each has a comment.
CREATE SCHEMA "Flight Check";
CREATE EXTENSION pg_flightcheck SCHEMA "Flight Check";
SELECT pg_describe_object(classid, objid, 0) AS member, obj_description(objid, classid::regclass::text) IS NOT NULL AS commented
  FROM pg_depend
 WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND classid <> 'pg_type'::regclass
   AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_flightcheck')
 ORDER BY 1;
SELECT name, setting, unit, boot_val, context FROM pg_settings WHERE name LIKE 'pg\_flightcheck.%' ORDER BY 1;
-- A misspelt setting is an error.
SET pg_flightcheck.scan_limt = '1GB';
\set VERBOSITY sqlstate
SET pg_flightcheck.scan_limit = '-1';
\set VERBOSITY default
-- It works in any schema, with any search_path, and prints statements that can be run.
CREATE TABLE "Flight Check"."Order.s" (id serial PRIMARY KEY);
INSERT INTO "Flight Check"."Order.s" VALUES (1);
SET search_path = '';
SELECT status, table_name, sequence_name, fix FROM "Flight Check".seq_audit();
SELECT fix AS statement FROM "Flight Check".seq_audit() \gset
:statement
RESET search_path;
DROP TABLE "Flight Check"."Order.s";
DROP EXTENSION pg_flightcheck;
DROP SCHEMA "Flight Check";
CREATE EXTENSION pg_flightcheck;
