-- Returns a verdict on every column that a sequence feeds, as the library's seq_audit does.
CREATE FUNCTION @extschema@.seq_audit(schema text DEFAULT NULL)
RETURNS TABLE (status text, table_name regclass, column_name name, sequence_name regclass, next_value bigint, max_id bigint, behind_by bigint,
    inserts_left bigint, used_pct numeric, kind text, detail text, fix text)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT a.status, a.relation::regclass, t.attname, a.sequence::regclass, a.next_value, a.max_id, a.behind_by, a.inserts_left,
       round(a.used_basis / 100.0, 2), a.kind, a.detail, a.fix
  FROM @extschema@.fc_seq_audit(@extschema@.fc_schema(schema)) a
  JOIN pg_class c ON c.oid = coalesce(a.relation, a.sequence)
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute t ON t.attrelid = a.relation AND t.attnum = a.attribute
 ORDER BY array_position('{behind,exhausted,near_limit,unlogged,unused,unlinked,unknown,ok}'::text[], a.status),
          coalesce(a.inserts_left, 9223372036854775807), n.nspname, c.relname, t.attname
$fn$;
