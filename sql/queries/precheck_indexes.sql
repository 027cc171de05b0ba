-- Returns the indexes of relation $1: OID, name, unique, primary, valid, immediate, key columns,
-- whether it has a predicate or expressions, NULLS NOT DISTINCT, access method, the constraint that
-- owns it, the columns that it needs in other ways, whether it is a partition's, its texts (only
-- with $2, since that locks the relation), and whether all its operator classes are defaults.
SELECT x.indexrelid, i.relname::pg_catalog.text, x.indisunique, x.indisprimary,
       x.indisvalid AND x.indisready AND x.indislive, x.indimmediate, x.indkey::pg_catalog.int2[], x.indnkeyatts,
       x.indpred IS NOT NULL, x.indexprs IS NOT NULL, x.indnullsnotdistinct, m.amname::pg_catalog.text,
       (SELECT k.conname::pg_catalog.text FROM pg_catalog.pg_constraint k
         WHERE k.conrelid OPERATOR(pg_catalog.=) x.indrelid AND k.conindid OPERATOR(pg_catalog.=) x.indexrelid
           AND k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::pg_catalog."char"[]) LIMIT 1),
       (SELECT pg_catalog.array_agg(DISTINCT d.refobjsubid::pg_catalog.int2)
          FROM pg_catalog.pg_depend d
         WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
           AND d.objid OPERATOR(pg_catalog.=) x.indexrelid
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
           AND d.refobjid OPERATOR(pg_catalog.=) x.indrelid AND d.refobjsubid OPERATOR(pg_catalog.>) 0),
       i.relispartition,
       CASE WHEN $2::pg_catalog.bool THEN pg_catalog.pg_get_expr(x.indpred, x.indrelid) END,
       CASE WHEN $2::pg_catalog.bool THEN pg_catalog.pg_get_expr(x.indexprs, x.indrelid) END,
       (SELECT pg_catalog.bool_and(o.opcdefault) FROM pg_catalog.pg_opclass o
         WHERE o.oid OPERATOR(pg_catalog.=) ANY (x.indclass::pg_catalog.oid[]))
  FROM pg_catalog.pg_index x
  JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
  JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) i.relam
 WHERE x.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
 ORDER BY i.relname
