-- Returns the settings that a new session of role $1 has in this database by ALTER DATABASE and
-- ALTER ROLE: name and value. Of a setting's values, the one that counts comes last.
SELECT pg_catalog.lower(pg_catalog.split_part(c, '=', 1)), pg_catalog.substr(c, pg_catalog.strpos(c, '=') OPERATOR(pg_catalog.+) 1)
  FROM pg_catalog.pg_db_role_setting s
 CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c
 WHERE s.setrole OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, $1::pg_catalog.oid])
   AND s.setdatabase OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid,
       (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())])
 ORDER BY s.setrole OPERATOR(pg_catalog.<>) 0::pg_catalog.oid, s.setdatabase OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
