-- Returns which views and unfilled materialized views read which others: the OIDs of both, and
-- whether the one that is read is an unfilled materialized view, with its schema and name.
SELECT DISTINCT v.oid, c.oid, c.relkind OPERATOR(pg_catalog.=) 'm', n.nspname::pg_catalog.text, c.relname::pg_catalog.text
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_rewrite w ON w.oid OPERATOR(pg_catalog.=) d.objid
  JOIN pg_catalog.pg_class v ON v.oid OPERATOR(pg_catalog.=) w.ev_class
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.refobjid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE d.classid OPERATOR(pg_catalog.=) 2618
   AND d.refclassid OPERATOR(pg_catalog.=) 1259
   AND w.rulename OPERATOR(pg_catalog.=) '_RETURN'
   AND v.oid OPERATOR(pg_catalog.<>) c.oid
   AND (v.relkind OPERATOR(pg_catalog.=) 'v' OR v.relkind OPERATOR(pg_catalog.=) 'm' AND NOT v.relispopulated)
   AND (c.relkind OPERATOR(pg_catalog.=) 'v' OR c.relkind OPERATOR(pg_catalog.=) 'm' AND NOT c.relispopulated)
