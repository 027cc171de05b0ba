-- What setting $1 is in this session, and where that comes from.
SELECT s.setting, s.source
  FROM pg_catalog.pg_settings s
 WHERE s.name OPERATOR(pg_catalog.=) $1::pg_catalog.text
