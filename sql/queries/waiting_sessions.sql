-- Returns every session that waits for a lock, and the processes that block it.
SELECT w.pid, pg_catalog.pg_blocking_pids(w.pid)
  FROM (SELECT DISTINCT l.pid FROM pg_catalog.pg_locks l WHERE NOT l.granted AND l.pid IS NOT NULL) w
