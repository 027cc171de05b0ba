-- Finds sequences that are behind or full, as src/checks/sequences.rs does.
CREATE FUNCTION @extschema@.fc_check_sequences(schema oid)
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH row AS (
    SELECT a.*, @extschema@.fc_column(a.relation, a.attribute) AS label,
           row_number() OVER (ORDER BY array_position('{behind,exhausted,near_limit,unlogged,unused,unlinked,unknown,ok}'::text[], a.status),
                              coalesce(a.inserts_left, 9223372036854775807), n.nspname, c.relname, a.attribute) AS no
      FROM @extschema@.fc_seq_audit(schema) a JOIN pg_class c ON c.oid = coalesce(a.relation, a.sequence) JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relpersistence <> 't' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT f.severity, f.check_name, f.object, f.detail, f.fix FROM (
SELECT r.no, 'sequence' AS severity, NULL AS check_name, coalesce(r.label, r.tab) AS object, NULL AS detail, NULL AS fix FROM row r WHERE r.lacks_privilege AND r.status = 'unknown'
UNION ALL
SELECT r.no, CASE WHEN r.status = 'behind' AND r.is_subscriber THEN 'info' WHEN r.status = 'exhausted' OR r.status = 'behind' AND NOT r.is_declined THEN 'error' ELSE 'warning' END,
       'sequence_' || r.status,
       CASE WHEN r.sequence IS NULL THEN 'column ' || r.label WHEN r.relation IS NULL THEN 'sequence ' || @extschema@.fc_relation(r.sequence)
            ELSE format('sequence %s feeding %s', @extschema@.fc_relation(r.sequence), r.label) END,
       coalesce(r.detail, '') || CASE WHEN r.status IN ('near_limit', 'exhausted') AND r.fix IS NOT NULL THEN '; widening a column rewrites the table under an ACCESS EXCLUSIVE lock'
                                      WHEN r.status = 'unlinked' AND r.fix IS NOT NULL THEN '; seq_audit() has the statement that assigns it to the column' ELSE '' END,
       CASE WHEN r.status <> 'unlinked' THEN r.fix END
  FROM row r
 WHERE r.status IN ('behind', 'exhausted', 'near_limit', 'unlogged', 'unlinked', 'unknown') AND NOT (r.lacks_privilege AND r.status = 'unknown') AND (r.status <> 'unlinked' OR r.behind_by > 0)
) f ORDER BY f.no
$fn$;
