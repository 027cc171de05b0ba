-- Every session that waits for a lock, and whose locks are in its way.
SELECT w.pid, pg_catalog.pg_blocking_pids(w.pid)
  FROM (SELECT DISTINCT l.pid FROM pg_catalog.pg_locks l WHERE NOT l.granted AND l.pid IS NOT NULL) w
