-- What databases and roles say to be loaded as a session of this database begins: role (NULL: all),
-- whether for this database only, setting and value.
SELECT r.rolname::pg_catalog.text, s.setdatabase OPERATOR(pg_catalog.<>) 0::pg_catalog.oid,
       pg_catalog.split_part(c, '=', 1), pg_catalog.substr(c, pg_catalog.strpos(c, '=') OPERATOR(pg_catalog.+) 1)
  FROM pg_catalog.pg_db_role_setting s
 CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c
  LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
  LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) s.setrole
 WHERE (s.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
   AND (s.setrole OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR r.oid IS NOT NULL)
   AND pg_catalog.split_part(c, '=', 1) OPERATOR(pg_catalog.=)
       ANY ('{session_preload_libraries,local_preload_libraries}'::pg_catalog.text[])
 ORDER BY r.rolname
