-- Returns which relations with one of the names exist, and in which schemas.
CREATE FUNCTION @extschema@.fc_relations_named(names text[]) RETURNS TABLE (schema_name text, relation_name text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/relations_named.sql@
$fn$;
