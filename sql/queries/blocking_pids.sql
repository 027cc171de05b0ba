-- Whom each of the processes $1, which all wait, waits for.
SELECT w.pid, pg_catalog.pg_blocking_pids(w.pid)
  FROM pg_catalog.unnest($1::pg_catalog.int4[]) w (pid)
