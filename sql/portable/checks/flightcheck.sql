-- Lists what migrations and restores have left wrong, worst first. The last row names the checks
-- that need the library.
CREATE FUNCTION @extschema@.flightcheck(schema text DEFAULT NULL, expected_owner name DEFAULT NULL, deep boolean DEFAULT false, fold boolean DEFAULT true)
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    schema_oid oid; schemas oid[]; findings jsonb; unread record;
BEGIN
    PERFORM @extschema@.fc_refuse_null('deep', deep IS NULL), @extschema@.fc_refuse_null('fold', fold IS NULL);
    IF expected_owner IS NOT NULL THEN
        PERFORM @extschema@.fc_raise('0A000', 'argument "expected_owner" is not supported', 'The check for owners needs the extension.', 'Leave the argument out.');
    END IF;
    schema_oid := @extschema@.fc_schema(schema);
    schemas := CASE WHEN schema_oid IS NOT NULL THEN ARRAY[schema_oid] ELSE ARRAY(SELECT s.oid FROM @extschema@.fc_user_schemas() s) END;
    findings := coalesce((SELECT jsonb_agg(to_jsonb(f) ORDER BY c.place, f.no) FROM @extschema@.fc_check_list() c
        CROSS JOIN LATERAL (SELECT x.*, row_number() OVER () AS no FROM @extschema@.fc_check(c.name, schemas, schema_oid, deep) x) f WHERE c.is_available), '[]');
    SELECT array_agg(f.severity) AS kinds, array_agg(f.object) AS labels INTO unread FROM jsonb_to_recordset(findings) f (severity text, check_name text, object text) WHERE f.check_name IS NULL;
    findings := coalesce((SELECT jsonb_agg(e.one ORDER BY e.no) FROM jsonb_array_elements(findings) WITH ORDINALITY e (one, no) WHERE e.one -> 'check_name' <> 'null'), '[]')
                || coalesce((SELECT jsonb_agg(to_jsonb(u)) FROM @extschema@.fc_unreadable_finding(unread.kinds, unread.labels) u), '[]');
    RETURN QUERY
    WITH row AS (
        SELECT x.*, row_number() OVER () AS no FROM (
            SELECT f.* FROM @extschema@.fc_fold(findings, schema, deep) f WHERE fold
            UNION ALL
            SELECT f.* FROM jsonb_to_recordset(findings) f (severity text, check_name text, object text, detail text, fix text) WHERE NOT fold) x
    )
    SELECT r.severity, r.check_name, r.object, r.detail, r.fix FROM row r ORDER BY array_position('{error,warning,info}', r.severity), r.no;
    RETURN QUERY
    SELECT 'info', 'not_checked', format('%s checks', count(*)), format('the portable edition does not look for %s: the extension does', @extschema@.fc_series(array_agg(n.name ORDER BY c.place, n.name), ' and ')), NULL::text
      FROM @extschema@.fc_check_list() c, unnest(c.finds) n (name) WHERE NOT c.is_available;
END $fn$;
