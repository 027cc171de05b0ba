COMMENT ON FUNCTION @extschema@.advisory_lock_report() IS
'One row for each advisory lock of the cluster that is held or awaited, the worst first: the tool whose key it is and the evidence for that, who holds it and since when it has been idle, who waits, and the statement that ends it. Takes no lock on any table. Other roles'' sessions are hidden from all but members of pg_read_all_stats.';
COMMENT ON FUNCTION @extschema@.advisory_lock_terminate(text, interval, boolean) IS
'Ends the sessions that hold the lock and have been idle for at least min_idle; with dry_run, the default, says which these would be. lock_key is as advisory_lock_report() shows it, with @database after it for a lock of another database. Needs what pg_terminate_backend needs.';
COMMENT ON FUNCTION @extschema@.advisory_lock_terminate(bigint, interval, boolean) IS
'As advisory_lock_terminate(text, interval, boolean), for a bigint key of this database.';
