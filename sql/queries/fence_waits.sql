-- Returns whether the virtual transaction $1 waits for this session, directly or through others:
-- for a lock, for a safe snapshot, or in a fence, which announces the process it waits for as a
-- user lock of class $2.
WITH RECURSIVE locks AS MATERIALIZED (
    SELECT l.virtualtransaction, l.pid, l.locktype, l.classid::pg_catalog.int8 AS class, l.objid
      FROM pg_catalog.pg_locks l
     WHERE l.pid IS NOT NULL
), waits (pid) AS (
    SELECT l.pid FROM locks l WHERE l.virtualtransaction OPERATOR(pg_catalog.=) $1
    UNION
    SELECT blocker.pid
      FROM waits w
     CROSS JOIN LATERAL (
        SELECT pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid))
        UNION ALL
        SELECT pg_catalog.unnest(pg_catalog.pg_safe_snapshot_blocking_pids(w.pid))
        UNION ALL
        SELECT l.objid::pg_catalog.int8::pg_catalog.int4
          FROM locks l
         WHERE l.locktype OPERATOR(pg_catalog.=) 'userlock'
           AND l.class OPERATOR(pg_catalog.=) $2
           AND l.pid OPERATOR(pg_catalog.=) w.pid
     ) blocker (pid)
)
SELECT pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) ANY (SELECT w.pid FROM waits w)
