-- Returns the tables whose guard trigger is not as it should be, among those that the command which
-- has just ended created or altered, their partitions and inheritance children, and those that it
-- gave a trigger which calls function $1. If it attached or detached partition $2, returns only
-- that one. Reads only catalogs and locks no table. Skips what an extension's script creates.
WITH RECURSIVE altered AS (
    SELECT c.objid AS relation
      FROM pg_catalog.pg_event_trigger_ddl_commands() c
     WHERE $2::pg_catalog.oid IS NULL AND c.classid OPERATOR(pg_catalog.=) 1259 AND NOT c.in_extension
    UNION
    SELECT $2::pg_catalog.oid
     WHERE $2::pg_catalog.oid IS NOT NULL
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
), triggers AS (
    SELECT a.relation,
           (SELECT pg_catalog.string_agg(t.tgenabled::pg_catalog.text, '')
              FROM pg_catalog.pg_trigger t
             WHERE t.tgrelid OPERATOR(pg_catalog.=) a.relation AND t.tgfoid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
               AND NOT t.tgisinternal) AS firing
      FROM altered a
)
SELECT c.oid, t.firing IS NOT NULL AS has_trigger
  FROM triggers t
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.relation
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog."char"[])
   AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
   AND CASE WHEN t.firing OPERATOR(pg_catalog.=) ANY ('{A,D}'::pg_catalog.text[]) THEN NOT @draws_from_sequence@
            ELSE t.firing IS NOT NULL OR @draws_from_sequence@ END
