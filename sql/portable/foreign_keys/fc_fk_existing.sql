-- Returns what a table already has for a foreign key.
CREATE FUNCTION @extschema@.fc_fk_existing(relation oid, numbers int2[], referenced oid, referenced_numbers int2[], stem text)
RETURNS TABLE (name text, is_validated boolean, is_enforced boolean, has_index boolean, taken text[], may_refer boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
@queries/fk_precheck_child.sql@
$fn$;
