-- Whether rarer kinds of links exist at all, so that the query for all links can leave them out.
SELECT EXISTS (SELECT FROM pg_catalog.pg_type t
                WHERE t.typtype OPERATOR(pg_catalog.=) 'd'
                  AND t.typdefaultbin IS NOT NULL) AS domain_defaults,
       EXISTS (SELECT FROM pg_catalog.pg_inherits i
                 JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.inhrelid
                WHERE a.attidentity OPERATOR(pg_catalog.<>) '') AS identity_partitions
