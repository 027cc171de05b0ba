-- The kind of a session's last statement: lock, schema, rows or other.
CREATE FUNCTION @extschema@.fc_statement_kind(query text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN q.folded ~ 'advisory_(xact_)?lock|advisory_unlock' THEN 'lock'
            WHEN EXISTS (SELECT FROM unnest(q.parts) p (part)
                          WHERE p.part ~ '^(alter|create|drop|comment|grant|revoke|truncate|reindex|cluster|repack|vacuum|refresh|security|lock|reassign)(?![a-z])')
            THEN 'schema'
            WHEN q.folded ~ '^(select|insert|update|delete|merge|with|copy|table)(?![a-z])'
                 AND q.folded ~ '\m(from|into|update|copy|table)\M' AND cardinality(q.parts) < 2
                 AND lower(query) !~ 'pg_catalog|information_schema| pg_|"pg_' THEN 'rows'
            ELSE 'other' END
  FROM (SELECT t.folded, ARRAY(SELECT lower(p.part) FROM unnest(@extschema@.fc_statements(t.folded)) p (part) WHERE p.part ~ '\S')
          FROM (SELECT lower(@extschema@.fc_without_comments(query))) t (folded)) q (folded, parts)
$fn$;
