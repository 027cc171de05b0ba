-- Returns the rules of relations $1, except those that make views. To print a rule, the server
-- locks the tables that it names. It is NULL if the rule no longer exists.
SELECT r.ev_class, r.rulename::pg_catalog.text, 2618::pg_catalog.oid, r.oid, pg_catalog.pg_get_ruledef(r.oid), r.ev_enabled
  FROM pg_catalog.pg_rewrite r
 WHERE r.ev_class OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND r.rulename OPERATOR(pg_catalog.<>) '_RETURN'
