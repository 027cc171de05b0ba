-- Returns the enabled subscriptions of this database. Every role may read which subscriptions exist,
-- except their connection strings.
SELECT s.subname::pg_catalog.text
  FROM pg_catalog.pg_subscription s
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.subdbid
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
   AND s.subenabled
 ORDER BY s.subname
