-- Returns the constraints of relation $1: name, kind, deferrable, deferred, validated, referenced
-- table, index, columns, referenced columns, expression (only with $2, since that locks the
-- relation), from how many parents, enforced, MATCH FULL, and the actions of ON DELETE and ON UPDATE.
SELECT k.conname::pg_catalog.text, k.contype, k.condeferrable, k.condeferred, k.convalidated, k.confrelid, k.conindid,
       k.conkey, k.confkey, CASE WHEN $2::pg_catalog.bool THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) END,
       k.coninhcount::pg_catalog.int4,
       COALESCE((pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced')::pg_catalog.bool, true),
       k.confmatchtype OPERATOR(pg_catalog.=) 'f', k.confdeltype, k.confupdtype
  FROM pg_catalog.pg_constraint k
 WHERE k.conrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND k.contype OPERATOR(pg_catalog.<>) 't'
 ORDER BY k.conname
