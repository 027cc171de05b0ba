-- Returns the processes that block each of the waiting processes $1.
SELECT w.pid, pg_catalog.pg_blocking_pids(w.pid)
  FROM pg_catalog.unnest($1::pg_catalog.int4[]) w (pid)
