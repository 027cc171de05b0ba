-- Where a setting is given as $1 (name=value, in lower case) for sessions of this database: database and role, NULL for all of them.
SELECT d.datname::pg_catalog.text, r.rolname::pg_catalog.text
  FROM pg_catalog.pg_db_role_setting s
 CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c
  LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
  LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) s.setrole
 WHERE (s.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
   AND (s.setrole OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR r.oid IS NOT NULL)
   AND pg_catalog.lower(c) OPERATOR(pg_catalog.=) $1::pg_catalog.text
 ORDER BY r.rolname IS NOT NULL, d.datname, r.rolname
