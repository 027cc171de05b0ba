-- Finds foreign keys that are violated or not enforced, as src/checks/foreign_keys.rs does.
CREATE FUNCTION @extschema@.fc_check_foreign_keys(schema oid, deep boolean)
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH found AS (
    SELECT f.*, format('%I on table %I.%I', f.constraint_name, f.child_schema, f.child_table) AS label, coalesce(f.known_status, f.status) AS judged,
           CASE WHEN f.known_status IS NOT NULL THEN f.known_fix ELSE f.fix END AS judged_fix, coalesce(f.orphans > 0, false) AS has_orphans
      FROM @extschema@.fc_fk_findings(schema, deep) f
)
SELECT 'foreign key', NULL, f.label, NULL, NULL FROM found f WHERE f.lacks_privilege AND f.judged = 'unknown'
UNION ALL
(SELECT CASE WHEN f.judged IN ('violated', 'triggers_off') OR f.judged = 'not_validated' AND f.has_orphans THEN 'error'
            WHEN f.judged = 'not_enforced' AND NOT f.has_orphans OR f.judged = 'ok' AND f.orphaned_default = 'insert' THEN 'info' ELSE 'warning' END,
       CASE f.judged WHEN 'ok' THEN 'foreign_key_default' ELSE 'foreign_key_' || f.judged END, 'foreign key ' || f.label,
       coalesce(f.detail, '') || CASE WHEN f.choices IS NOT NULL THEN '; column choices of fk_audit() has the statements that list and repair them'
                                      WHEN f.orphans IS NULL AND f.judged <> 'unknown' THEN '; fk_audit() counts the rows that violate it' ELSE '' END, f.judged_fix
  FROM found f
 WHERE (f.judged <> 'ok' OR f.orphaned_default IS NOT NULL) AND NOT (f.lacks_privilege AND f.judged = 'unknown')
 ORDER BY array_position('{violated,triggers_off,not_validated,not_enforced,unknown,ok}', f.status), f.orphans DESC NULLS LAST, f.child_schema COLLATE "C", f.child_table COLLATE "C", f.constraint_name COLLATE "C")
$fn$;
