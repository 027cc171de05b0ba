-- Returns which rare kinds of links between columns and sequences exist in this database, so that
-- sequence_links.sql and others can skip the rest.
SELECT EXISTS (SELECT FROM pg_catalog.pg_type t
                WHERE t.typtype OPERATOR(pg_catalog.=) 'd'
                  AND t.typdefaultbin IS NOT NULL) AS domain_defaults,
       EXISTS (SELECT FROM pg_catalog.pg_inherits i
                 JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.inhrelid
                WHERE a.attidentity OPERATOR(pg_catalog.<>) '') AS identity_partitions,
       EXISTS (SELECT FROM pg_catalog.pg_depend d
                WHERE d.refclassid OPERATOR(pg_catalog.=) 1255
                  AND d.classid OPERATOR(pg_catalog.=) ANY ('{2604,1247}'::pg_catalog.oid[])) AS function_defaults,
       EXISTS (SELECT FROM pg_catalog.pg_proc p
                WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
                  AND p.prorettype OPERATOR(pg_catalog.=) 2279
                  AND p.prosrc OPERATOR(pg_catalog.~~*) '%nextval%') AS drawing_triggers
