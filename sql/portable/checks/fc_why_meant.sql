-- Returns why a publication or subscription seems to be meant for a table in this schema, as why() of
-- src/checks/subscriptions.rs does.
CREATE FUNCTION @extschema@.fc_why_meant(schema text, kind text, name text, verb text, referring_schema text, referring_table text)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN referring_table IS NOT NULL THEN format('%s %I %s %I.%I, which refers to it', kind, name, verb, referring_schema, referring_table)
            ELSE format('%s %I %s most tables of schema %I', kind, name, verb, schema) END
$fn$;
