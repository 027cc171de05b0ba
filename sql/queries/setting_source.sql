-- Returns the value of setting $1 in this session, and where it comes from.
SELECT s.setting, s.source
  FROM pg_catalog.pg_settings s
 WHERE s.name OPERATOR(pg_catalog.=) $1::pg_catalog.text
