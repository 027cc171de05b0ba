-- Returns the checks in the order of their rows, with the names of their findings, and whether all
-- together can run every minute. Those that are not available need the library.
CREATE FUNCTION @extschema@.fc_check_list()
RETURNS TABLE (place int, name text, is_available boolean, is_low boolean, finds text[], finds_in_rows text[])
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
VALUES (1, 'schema_changes', false, true, '{schema_change_blocked}'::text[], '{}'::text[]),
       (2, 'advisory_locks', true, true, '{advisory_lock_orphan,advisory_lock_self_blocked,advisory_lock_prepared,advisory_lock_idle}', '{}'),
       (3, 'migrations', true, true, '{migration_failed,migration_locked,migration_unknown}', '{}'),
       (4, 'sequences', true, true, '{sequence_behind,sequence_exhausted,sequence_near_limit,sequence_unlogged,sequence_unlinked,sequence_unknown}', '{}'),
       (5, 'foreign_keys', true, false, '{foreign_key_triggers_off,foreign_key_not_validated,foreign_key_not_enforced}', '{foreign_key_violated,foreign_key_default,foreign_key_unknown}'),
       (6, 'replication_role', true, true, '{enforcement_off}', '{}'),
       (7, 'subscriptions', true, true, '{subscription_not_ready,table_not_subscribed}', '{}'),
       (8, 'publications', true, false, '{replica_identity_missing,table_not_published}', '{}'),
       (9, 'replication_limits', true, true, '{not_replicated}', '{}'),
       (10, 'triggers', true, true, '{trigger_disabled,trigger_replica_only,rule_disabled,rule_replica_only}', '{}'),
       (11, 'constraints', true, true, '{constraint_not_valid,constraint_not_enforced}', '{}'),
       (12, 'indexes', true, true, '{index_invalid}', '{}'),
       (13, 'primary_keys', false, false, '{primary_key_missing}', '{}'),
       (14, 'identity', true, false, '{identity_sequence_missing,identity_second_sequence,sequence_owned_elsewhere}', '{}'),
       (15, 'schema_privileges', true, false, '{schema_forbidden}', '{}'),
       (16, 'view_privileges', false, false, '{view_forbidden}', '{}'),
       (17, 'views', true, false, '{view_unpopulated}', '{}'),
       (18, 'function_privileges', true, false, '{function_forbidden}', '{}'),
       (19, 'function_bodies', false, false, '{function_broken,function_unknown}', '{}'),
       (20, 'sequence_privileges', true, false, '{sequence_forbidden}', '{}'),
       (21, 'lost_defaults', true, true, '{sequence_default_missing}', '{}'),
       (22, 'owners', false, false, '{wrong_owner,owner_unclear}', '{}'),
       (23, 'statistics', false, false, '{never_analyzed,stale_statistics}', '{}'),
       (24, 'collations', false, false, '{collation_version}', '{}'),
       (25, 'guard', false, false, '{guard_off,guard_disarmed}', '{}')
$fn$;
