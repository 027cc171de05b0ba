-- Returns the foreign keys of a schema or of the database, or the one that the other arguments
-- describe, with how core compares their columns.
CREATE FUNCTION @extschema@.fc_foreign_keys(schema oid, new_child oid, child_key int2[], new_parent oid, parent_key int2[], operators oid[])
RETURNS TABLE (key oid, name text, is_validated boolean, is_enforced boolean, is_temporal boolean, is_match_full boolean,
    child oid, child_schema text, child_table text, child_kind "char", parent oid, parent_schema text, parent_table text, parent_kind "char",
    child_numbers int2[], child_names text[], child_not_null boolean[], child_generated boolean[],
    parent_numbers int2[], parent_names text[], parent_generated boolean[], parent_identity boolean[], parent_default boolean[],
    comparisons text[], compared text[], tests text[], width int, child_inherits boolean, parent_inherits boolean, sets_default boolean, child_default boolean[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/foreign_keys.sql@
$fn$;
