-- Returns the settings of ALTER DATABASE and ALTER ROLE … IN DATABASE, one row for each. The value
-- of a setting of an extension or an application may be confidential; it is returned separately, to
-- be hashed.
SELECT 1262::pg_catalog.oid, d.oid, NULL::pg_catalog.oid, 'setting',
       pg_catalog.concat(pg_catalog.split_part(u.setting, '=', 1), CASE WHEN r.setrole OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat(' of role ', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(r.setrole)::pg_catalog.text)) END),
       NULL::pg_catalog.text,
       CASE WHEN pg_catalog.strpos(pg_catalog.split_part(u.setting, '=', 1), '.') OPERATOR(pg_catalog.=) 0 THEN pg_catalog.substr(u.setting, pg_catalog.strpos(u.setting, '=') OPERATOR(pg_catalog.+) 1) ELSE '' END,
       CASE WHEN pg_catalog.strpos(pg_catalog.split_part(u.setting, '=', 1), '.') OPERATOR(pg_catalog.>) 0 THEN u.setting END
  FROM pg_catalog.pg_db_role_setting r
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) r.setdatabase
 CROSS JOIN pg_catalog.unnest(r.setconfig) u (setting)
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
