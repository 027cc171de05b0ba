-- Returns the triggers of users on relation $1: name, function, the function's text, its language,
-- enabled, type, and whether it can be deferred.
SELECT t.tgname::pg_catalog.text, p.oid::pg_catalog.regprocedure::pg_catalog.text, p.prosrc, l.lanname::pg_catalog.text,
       t.tgenabled, t.tgtype, t.tgdeferrable
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
  JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
 WHERE t.tgrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND NOT t.tgisinternal
 ORDER BY t.tgname
