-- Returns the settings $1, which are in lower case, that ALTER DATABASE gives to all sessions of this
-- database: name and value.
SELECT n.name, pg_catalog.substr(c, pg_catalog.strpos(c, '=') OPERATOR(pg_catalog.+) 1)
  FROM pg_catalog.pg_db_role_setting s
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
 CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c
 CROSS JOIN LATERAL pg_catalog.lower(pg_catalog.split_part(c, '=', 1)) n (name)
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
   AND s.setrole OPERATOR(pg_catalog.=) 0::pg_catalog.oid
   AND n.name OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[])
