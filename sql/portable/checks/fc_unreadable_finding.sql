-- Names what the caller may not read, as a finding.
CREATE FUNCTION @extschema@.fc_unreadable_finding(kinds text[], labels text[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT 'warning', 'unreadable', format('role %I', current_user),
       format('lacks privileges to judge %s; %s', (SELECT string_agg(format('%s %s', c.count, CASE WHEN c.count = 1 THEN k.kind WHEN k.kind = 'migration history' THEN 'migration histories' ELSE k.kind || 's' END), ', ' ORDER BY k.place)
                 FROM (VALUES (1, 'sequence'), (2, 'foreign key'), (3, 'migration history'), (4, 'advisory lock')) k (place, kind) CROSS JOIN LATERAL (SELECT count(*) FROM unnest(kinds) u (kind) WHERE u.kind = k.kind) c WHERE c.count > 0),
              @extschema@.fc_list('not judged:', labels)),
       format(CASE WHEN NOT 'advisory lock' = ANY (kinds) THEN 'GRANT pg_read_all_data TO %I;' WHEN 'advisory lock' = ALL (kinds) THEN 'GRANT pg_read_all_stats TO %I;' ELSE 'GRANT pg_read_all_data, pg_read_all_stats TO %I;' END, current_user)
 WHERE cardinality(kinds) > 0
$fn$;
