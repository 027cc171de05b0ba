-- How many other clients are connected to the database, and how many prepared transactions it has.
SELECT
  (SELECT pg_catalog.count(*)
   FROM pg_catalog.pg_stat_get_activity(NULL) AS a
   WHERE a.datid OPERATOR(pg_catalog.=) d.oid
     AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
     AND a.backend_type OPERATOR(pg_catalog.=) 'client backend'),
  (SELECT pg_catalog.count(*)
   FROM pg_catalog.pg_prepared_xacts AS p
   WHERE p.database OPERATOR(pg_catalog.=) d.datname)
FROM pg_catalog.pg_database AS d
WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
