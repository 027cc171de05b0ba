-- Returns a relation of a schema with its kind and its state as an index.
CREATE FUNCTION @extschema@.fc_relation_in_schema(schema_name text, relation_name text)
RETURNS TABLE (schema text, relation text, kind text, is_valid boolean, is_being_built boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/relation_kind.sql@
$fn$;
