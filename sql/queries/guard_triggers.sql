-- Returns the triggers that call function $1.
SELECT t.tgrelid, t.tgname::pg_catalog.text, t.tgenabled
  FROM pg_catalog.pg_trigger t
 WHERE t.tgfoid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND NOT t.tgisinternal
 ORDER BY t.tgrelid, t.tgname
