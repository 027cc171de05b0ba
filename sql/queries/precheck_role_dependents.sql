-- Returns how many objects depend on role $1 in this database or in common to all, and how many in
-- other databases (checkSharedDependencies in catalog/pg_shdepend.c).
SELECT pg_catalog.count(*) FILTER (WHERE NOT d.is_elsewhere), pg_catalog.count(*) FILTER (WHERE d.is_elsewhere)
  FROM (SELECT s.dbid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid AND s.dbid OPERATOR(pg_catalog.<>)
               (SELECT c.oid FROM pg_catalog.pg_database c WHERE c.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
          FROM pg_catalog.pg_shdepend s
         WHERE s.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_authid'::pg_catalog.regclass
           AND s.refobjid OPERATOR(pg_catalog.=) $1::pg_catalog.oid) d(is_elsewhere)
