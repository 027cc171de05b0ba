-- Returns the values that ALTER DATABASE and ALTER ROLE give to the settings $1, which are in lower
-- case, for sessions of this database: database and role (NULL means all of them), setting and
-- value.
--
-- A setting of a library that is not loaded is recorded as it was written, in any case.
SELECT d.datname::pg_catalog.text, r.rolname::pg_catalog.text, g.name,
       pg_catalog.substr(c, pg_catalog.strpos(c, '=') OPERATOR(pg_catalog.+) 1)
  FROM pg_catalog.pg_db_role_setting s
 CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) c
 CROSS JOIN LATERAL pg_catalog.lower(pg_catalog.split_part(c, '=', 1)) g (name)
  LEFT JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
  LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) s.setrole
 WHERE (s.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
   AND (s.setrole OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR r.oid IS NOT NULL)
   AND g.name OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[])
 ORDER BY r.rolname IS NOT NULL, d.datname, r.rolname
