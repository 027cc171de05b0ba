-- Returns the tables with a trigger that calls function $1 and no column that draws from a
-- sequence, except those that are left out. Locks no table.
SELECT DISTINCT c.oid, true AS has_trigger
  FROM pg_catalog.pg_trigger t
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid
 WHERE t.tgfoid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND NOT t.tgisinternal
   AND NOT (t.tgname OPERATOR(pg_catalog.=) 'pg_flightcheck_left_out' AND t.tgenabled OPERATOR(pg_catalog.=) 'D')
   AND NOT @draws_from_sequence@
