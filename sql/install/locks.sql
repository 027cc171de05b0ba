COMMENT ON FUNCTION @extschema@.advisory_lock_report() IS
'Lists the advisory locks that are held or awaited in the cluster, each with its tool and its holder.';
COMMENT ON FUNCTION @extschema@.advisory_lock_terminate(text, interval, boolean) IS
'With dry_run => false, ends the sessions that hold the lock and have been idle for at least min_idle. Append @database to lock_key for a lock of another database.';
COMMENT ON FUNCTION @extschema@.advisory_lock_terminate(bigint, interval, boolean) IS
'Does what advisory_lock_terminate(text, interval, boolean) does, for a bigint key of this database.';
