-- The triggers of table $2 that call function $1.
SELECT t.tgrelid, t.tgname::pg_catalog.text, t.tgenabled
  FROM pg_catalog.pg_trigger t
 WHERE t.tgfoid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND t.tgrelid OPERATOR(pg_catalog.=) $2::pg_catalog.oid
   AND NOT t.tgisinternal
 ORDER BY t.tgname
