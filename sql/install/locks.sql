COMMENT ON FUNCTION @extschema@.advisory_lock_report() IS
'Lists the advisory locks that are held or awaited in the cluster, with the tool that takes each and who holds it.';
COMMENT ON FUNCTION @extschema@.advisory_lock_terminate(text, interval, boolean) IS
'With dry_run => false, ends the sessions that hold the lock and have been idle for at least min_idle. lock_key is as advisory_lock_report() shows it; append @database for a lock of another database.';
COMMENT ON FUNCTION @extschema@.advisory_lock_terminate(bigint, interval, boolean) IS
'Does what advisory_lock_terminate(text, interval, boolean) does, for a bigint key of this database.';
