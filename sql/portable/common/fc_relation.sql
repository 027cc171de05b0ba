-- Returns a relation's name as SQL spells it, with its schema; NULL if it does not exist.
CREATE FUNCTION @extschema@.fc_relation(relation oid)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT format('%I.%I', n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = relation
$fn$;
