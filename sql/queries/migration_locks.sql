-- Other sessions' locks in this database: on tables, all but those that reading and maintenance take; and advisory locks with a
-- bigint as key. Of a process that is hidden from the caller, pg_stat_activity still shows role and application_name.
WITH l AS MATERIALIZED (SELECT * FROM pg_catalog.pg_locks)
SELECT l.relation,
       CASE WHEN l.locktype OPERATOR(pg_catalog.=) 'advisory'
            THEN (l.classid::pg_catalog.int8 OPERATOR(pg_catalog.<<) 32) OPERATOR(pg_catalog.|) l.objid::pg_catalog.int8 END,
       COALESCE(l.pid, 0), l.mode, l.granted, a.usename::pg_catalog.text, a.application_name, p.gid
  FROM l
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
  LEFT JOIN ( -- a prepared transaction's locks keep the virtual transaction of the session it was in
        SELECT x.virtualtransaction, g.gid
          FROM l x
          JOIN pg_catalog.pg_prepared_xacts g ON g.transaction OPERATOR(pg_catalog.=) x.transactionid
         WHERE x.pid IS NULL
       ) p ON l.pid IS NULL AND p.virtualtransaction OPERATOR(pg_catalog.=) l.virtualtransaction
 WHERE l.database OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND (l.pid IS NULL OR l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())
   AND (l.locktype OPERATOR(pg_catalog.=) 'relation'
        AND l.relation OPERATOR(pg_catalog.>=) 16384
        AND l.mode OPERATOR(pg_catalog.<>) 'AccessShareLock'
     OR l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.objsubid OPERATOR(pg_catalog.=) 1 AND l.granted)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v WHERE v.pid OPERATOR(pg_catalog.=) l.pid)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_analyze v WHERE v.pid OPERATOR(pg_catalog.=) l.pid)
 ORDER BY l.granted DESC, l.pid
