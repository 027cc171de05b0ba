-- Returns the BEFORE INSERT triggers FOR EACH ROW whose function's source contains nextval, with
-- their arguments as pg_trigger stores them.
SELECT t.tgrelid, t.tgargs, p.oid, p.prosrc, l.lanname::pg_catalog.text
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
  JOIN pg_catalog.pg_trigger t ON t.tgfoid OPERATOR(pg_catalog.=) p.oid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid
 WHERE p.prorettype OPERATOR(pg_catalog.=) 2279
   AND p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
   AND p.prosrc OPERATOR(pg_catalog.~~*) '%nextval%'
   AND NOT t.tgisinternal
   AND t.tgtype OPERATOR(pg_catalog.&) 7::pg_catalog.int2 OPERATOR(pg_catalog.=) 7 -- ROW, BEFORE, INSERT
   AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[])
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f}'::pg_catalog."char"[])
 ORDER BY t.tgrelid, t.tgname
