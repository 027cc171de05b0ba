-- Returns one row for each kind of finding, for monitoring.
CREATE FUNCTION @extschema@.flightcheck_summary(complete boolean DEFAULT false)
RETURNS TABLE (severity text, check_name text, errors bigint, warnings bigint, infos bigint, object text, detail text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    schemas oid[] := ARRAY(SELECT s.oid FROM @extschema@.fc_user_schemas() s); findings jsonb;
BEGIN
    PERFORM @extschema@.fc_refuse_null('complete', complete IS NULL);
    findings := coalesce((SELECT jsonb_agg(to_jsonb(f) || jsonb_build_object('of', c.name) ORDER BY c.place, f.no) FROM @extschema@.fc_check_list() c
        CROSS JOIN LATERAL (SELECT x.*, row_number() OVER () AS no FROM @extschema@.fc_check(c.name, schemas, NULL, false) x) f WHERE c.is_available AND (complete OR c.is_low)), '[]');
    RETURN QUERY
    WITH finding AS MATERIALIZED (
        SELECT f.*, e.no FROM jsonb_array_elements(findings) WITH ORDINALITY e (one, no), jsonb_to_record(e.one) f (severity text, check_name text, object text, detail text, fix text, "of" text)
    ), gap AS (
        SELECT c.name, nullif(concat_ws('; ', (SELECT format('%s could not be read: %s', count(*), ltrim(@extschema@.fc_list('', array_agg(f.object ORDER BY f.no)))) FROM finding f WHERE f."of" = c.name AND f.check_name IS NULL HAVING count(*) > 0),
                                       (SELECT (array_agg(f.detail))[1] FROM finding f WHERE f."of" = c.name AND f.check_name = 'check_failed' HAVING count(*) > 0)), '') AS words
          FROM @extschema@.fc_check_list() c
    ), row AS (
        SELECT c.place * 100 + n.no AS no, n.name, f.errors, f.warnings, f.infos, f.first, coalesce(g.words, (SELECT format('%s could not be judged: see %s', count(*), min(u.check_name)) FROM finding u WHERE u."of" = c.name AND u.check_name ~ '_unknown$' AND u.check_name <> n.name HAVING count(*) > 0)) AS gap,
               f.details
          FROM @extschema@.fc_check_list() c JOIN gap g ON g.name = c.name CROSS JOIN LATERAL unnest(c.finds) WITH ORDINALITY n (name, no)
         CROSS JOIN LATERAL (
            SELECT count(DISTINCT x.object) FILTER (WHERE x.severity = 'error') AS errors, count(DISTINCT x.object) FILTER (WHERE x.severity = 'warning') AS warnings, count(DISTINCT x.object) FILTER (WHERE x.severity = 'info') AS infos,
                   (array_agg(x.object ORDER BY array_position('{error,warning,info}', x.severity), x.no))[1] AS first, (array_agg(x.detail ORDER BY array_position('{error,warning,info}', x.severity), x.no))[1] AS details
              FROM finding x WHERE x.check_name = n.name) f
         WHERE c.is_available AND (complete OR c.is_low)
        UNION ALL
        SELECT 10000, 'check_failed', count(DISTINCT f.object), 0, 0, (array_agg(f.object ORDER BY f.no))[1], NULL, (array_agg(f.detail ORDER BY f.no))[1] FROM finding f WHERE f.check_name = 'check_failed'
        UNION ALL
        SELECT 10001, 'unreadable', 0, count(u.object), 0, min(u.object), NULL, min(u.detail) FROM (SELECT array_agg(f.severity) AS kinds, array_agg(f.object ORDER BY f.no) AS labels FROM finding f WHERE f.check_name IS NULL) a
          LEFT JOIN LATERAL @extschema@.fc_unreadable_finding(a.kinds, a.labels) u ON true
    ), judged AS (
        SELECT r.no, CASE WHEN r.errors > 0 THEN 'error' WHEN r.warnings > 0 THEN 'warning' WHEN r.gap IS NOT NULL THEN 'unknown' WHEN r.infos > 0 THEN 'info' ELSE 'ok' END AS severity,
               r.name, r.errors, r.warnings, r.infos, r.first, nullif(concat_ws('; ', r.gap, r.details), '') AS detail FROM row r
        UNION ALL
        SELECT 20000 + c.place * 100 + n.no, 'left_out', n.name, NULL, NULL, NULL, NULL,
               CASE WHEN NOT c.is_available THEN 'the portable edition does not look for it: the extension does'
                    WHEN n.in_rows THEN 'requires reading the rows of all foreign keys; flightcheck(deep => true) does'
                    ELSE 'takes too long for every minute; flightcheck_summary(complete => true) includes it' END
          FROM @extschema@.fc_check_list() c CROSS JOIN LATERAL (SELECT u.name, u.no, false FROM unnest(c.finds) WITH ORDINALITY u (name, no) WHERE NOT c.is_available OR NOT (complete OR c.is_low)
                                                            UNION ALL SELECT u.name, 50 + u.no, true FROM unnest(c.finds_in_rows) WITH ORDINALITY u (name, no)) n (name, no, in_rows)
    )
    SELECT j.severity, j.name, j.errors, j.warnings, j.infos, j.first, j.detail FROM judged j ORDER BY array_position('{error,warning,unknown,info,ok,left_out}', j.severity), j.no;
END $fn$;
