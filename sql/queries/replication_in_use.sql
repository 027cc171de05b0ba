-- Returns what matters to a database that is moved with logical replication: how many publications it
-- has, how many subscriptions, how many sequences and materialized views in schemas $1, and whether
-- it has large objects.
SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.pg_publication),
       (SELECT pg_catalog.count(*)
          FROM pg_catalog.pg_subscription s
          JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.subdbid
         WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()),
       (SELECT pg_catalog.count(*)
          FROM pg_catalog.pg_class c
         WHERE c.relkind OPERATOR(pg_catalog.=) 'S' AND c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])),
       (SELECT pg_catalog.count(*)
          FROM pg_catalog.pg_class c
         WHERE c.relkind OPERATOR(pg_catalog.=) 'm' AND c.relnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])),
       EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata)
