-- Returns a column's name as SQL spells it, with its table; NULL if it does not exist.
CREATE FUNCTION @extschema@.fc_column(relation oid, attribute int2)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.oid = relation AND a.attnum = attribute AND NOT a.attisdropped
$fn$;
