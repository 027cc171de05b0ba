-- The tables that the command which has just ended made or altered, with their partitions and inheritance children, and those
-- that it gave a trigger which calls function $1. What an extension makes for itself is left alone.
WITH RECURSIVE altered AS (
    SELECT c.objid AS relation
      FROM pg_catalog.pg_event_trigger_ddl_commands() c
     WHERE c.classid OPERATOR(pg_catalog.=) 1259 AND NOT c.in_extension
    UNION
    SELECT t.tgrelid
      FROM pg_catalog.pg_event_trigger_ddl_commands() c
      JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) c.objid
     WHERE c.classid OPERATOR(pg_catalog.=) 2620 AND NOT c.in_extension
       AND t.tgfoid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
    UNION
    SELECT i.inhrelid
      FROM altered a
      JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) a.relation
)
SELECT c.oid
  FROM altered a
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.relation
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
   AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
