-- Returns the sessions in databases, and the processes $1, as far as the current user may see them,
-- and whether role $2 may terminate them by pg_terminate_backend's rules. No function processes
-- their texts: those of other databases may be in another encoding.
SELECT a.pid,
       a.usename::pg_catalog.text,
       a.datname::pg_catalog.text,
       a.application_name,
       a.client_addr,
       a.client_port,
       a.backend_start,
       a.state,
       a.state_change,
       (EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.state_change) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8,
       a.query,
       pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.state_change,
       a.backend_xid IS NOT NULL,
       a.backend_type OPERATOR(pg_catalog.=) 'client backend',
       caller.rolsuper
           OR NOT COALESCE(r.rolsuper, true)
           AND (pg_catalog.pg_has_role(caller.oid, a.usesysid, 'USAGE')
                OR pg_catalog.pg_has_role(caller.oid, 'pg_signal_backend'::pg_catalog.name, 'USAGE')),
       caller.rolsuper
           OR pg_catalog.pg_has_role(caller.oid, a.usesysid, 'USAGE')
           OR pg_catalog.pg_has_role(caller.oid, 'pg_read_all_stats'::pg_catalog.name, 'USAGE'),
       a.pid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT v.pid FROM pg_catalog.pg_stat_progress_vacuum v))
           OR a.pid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT v.pid FROM pg_catalog.pg_stat_progress_analyze v)),
       -- The server does not show the backend_type of a hidden session, but WAL senders are known.
       a.backend_type IS NULL AND a.usesysid IS NOT NULL
           AND NOT a.pid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT w.pid FROM pg_catalog.pg_stat_get_wal_senders() w)),
       a.datid
  FROM pg_catalog.pg_stat_activity a
  LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) a.usesysid
 CROSS JOIN pg_catalog.pg_roles caller
 WHERE caller.oid OPERATOR(pg_catalog.=) $2
   AND (a.datid IS NOT NULL OR a.pid OPERATOR(pg_catalog.=) ANY ($1))
