-- Folds many findings of one kind into one row, as src/checks/fold.rs does.
CREATE FUNCTION @extschema@.fc_fold(findings jsonb, schema text, deep boolean)
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH kind AS (
    SELECT k.plural, k.may_loop, unnest(k.names) AS name FROM (VALUES
        ('sequences', false, '{sequence_exhausted,sequence_near_limit}'::text[]),
        ('sequences', true, '{sequence_behind,sequence_unlogged,sequence_unlinked,sequence_unknown,sequence_forbidden,sequence_owned_elsewhere}'),
        ('columns', true, '{sequence_default_missing,identity_sequence_missing,identity_second_sequence}'),
        ('foreign keys', true, '{foreign_key_violated,foreign_key_triggers_off,foreign_key_not_validated,foreign_key_not_enforced,foreign_key_unknown,foreign_key_default}'),
        ('triggers', true, '{trigger_disabled,trigger_replica_only}'), ('rules', true, '{rule_disabled,rule_replica_only}'), ('constraints', true, '{constraint_not_valid,constraint_not_enforced}'),
        ('tables', false, '{replica_identity_missing,table_not_published,table_not_subscribed}'),
        ('schemas', true, '{schema_forbidden}'), ('views', true, '{view_unpopulated}'), ('functions', true, '{function_forbidden}'), ('indexes', false, '{index_invalid}'),
        ('migration histories', false, '{migration_failed,migration_locked,migration_unknown}')) k (plural, may_loop, names)
), one AS (
    SELECT f.*, e.no, k.plural, k.may_loop, count(*) OVER (PARTITION BY f.severity, f.check_name, f.detail) AS alike
      FROM jsonb_array_elements(findings) WITH ORDINALITY e (one, no), jsonb_to_record(e.one) f (severity text, check_name text, object text, detail text, fix text)
      LEFT JOIN kind k ON k.name = f.check_name
), grouped AS (
    SELECT o.*, CASE WHEN o.plural IS NULL THEN 1 WHEN o.alike > 10 THEN o.alike ELSE count(*) FILTER (WHERE o.alike <= 10) OVER (PARTITION BY o.severity, o.check_name) END AS members,
           CASE WHEN o.plural IS NULL THEN o.no::text WHEN o.alike > 10 THEN 'same ' || o.severity || o.check_name || coalesce(o.detail, '') ELSE 'all ' || o.severity || o.check_name END AS key
      FROM one o
), folded AS (
    SELECT min(g.no) AS no, count(*) AS members, (array_agg(g.severity ORDER BY g.no))[1] AS severity, (array_agg(g.check_name ORDER BY g.no))[1] AS check_name, array_agg(g.object ORDER BY g.no) AS objects,
           (array_agg(g.detail ORDER BY g.no))[1] AS detail, count(DISTINCT g.detail) = 1 AS is_same, count(g.fix) > 0 AS has_fix, (array_agg(g.plural))[1] AS plural, bool_and(g.may_loop) AS may_loop
      FROM grouped g WHERE g.members > 10 GROUP BY g.key
)
SELECT r.severity, r.check_name, r.object, r.detail, r.fix FROM (
    SELECT g.no, g.severity, g.check_name, g.object, g.detail, g.fix FROM grouped g WHERE g.members <= 10
    UNION ALL
    SELECT f.no, f.severity, f.check_name, format('%s %s', f.members, f.plural),
           ltrim(@extschema@.fc_list('', f.objects)) || CASE WHEN f.has_fix AND f.may_loop THEN '; the fix runs each one''s fix in a separate transaction, so it cannot run in a transaction block'
                WHEN f.has_fix THEN '; flightcheck(fold => false) has the fix of each' ELSE '' END || '; ' || CASE WHEN f.is_same THEN '' ELSE 'the first: ' END || f.detail,
           CASE WHEN f.has_fix AND f.may_loop THEN
               format('DO %s;', @extschema@.fc_literal(format('DECLARE f text; e text; BEGIN FOR f IN SELECT c.fix FROM @extschema@.flightcheck(%s) c WHERE c.check_name OPERATOR(pg_catalog.=) %L AND c.severity OPERATOR(pg_catalog.=) %L AND c.fix IS NOT NULL ' ||
               'LOOP BEGIN EXECUTE f; EXCEPTION WHEN OTHERS THEN e := SQLERRM; RAISE WARNING ''%% (%%)'', e, f; END; COMMIT; END LOOP; IF e IS NOT NULL THEN RAISE ''not all could be repaired: %%'', e; END IF; END',
               concat_ws(', ', @extschema@.fc_literal(schema), CASE WHEN deep AND f.check_name LIKE 'foreign_key%' THEN 'deep => true' END, 'fold => false'), f.check_name, f.severity))) END
      FROM folded f) r
 ORDER BY r.no
$fn$;
