-- Counts the rows that violate foreign keys, worst first.
CREATE FUNCTION @extschema@.fk_audit(schema text DEFAULT NULL)
RETURNS TABLE (status text, constraint_name name, table_name regclass, referenced_table regclass, orphans bigint, sample jsonb, choices text[], detail text, fix text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT f.status, f.constraint_name::name, f.child::regclass, f.parent::regclass, f.orphans, f.sample, f.choices, f.detail, f.fix
  FROM @extschema@.fc_fk_findings(@extschema@.fc_schema($1), true) f
 ORDER BY array_position('{violated,triggers_off,not_validated,not_enforced,unknown,ok}', f.status), f.orphans DESC NULLS LAST, f.child_schema COLLATE "C", f.child_table COLLATE "C", f.constraint_name COLLATE "C"
$fn$;
