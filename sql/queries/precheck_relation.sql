-- Returns what precheck needs to know of relation $1 itself. The bound of a partition only with $2,
-- since that locks the relation.
SELECT CASE WHEN n.oid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema() THEN 'pg_temp'
            ELSE n.nspname::pg_catalog.text END, c.relname::pg_catalog.text, c.relkind, c.relowner, c.relpersistence,
       c.reltuples::pg_catalog.float8, c.relpages, c.relispartition, c.relrowsecurity, c.relforcerowsecurity,
       c.relhasrules AND EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class OPERATOR(pg_catalog.=) c.oid
                                  AND r.ev_type OPERATOR(pg_catalog.<>) '1'), c.relreplident, c.reloftype OPERATOR(pg_catalog.<>) 0::pg_catalog.oid, c.reltype,
       (SELECT p.partstrat FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid OPERATOR(pg_catalog.=) c.oid),
       (SELECT p.partattrs::pg_catalog.int2[]
          FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid OPERATOR(pg_catalog.=) c.oid),
       (SELECT p.partdefid FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid OPERATOR(pg_catalog.=) c.oid),
       (SELECT x.indrelid FROM pg_catalog.pg_index x WHERE x.indexrelid OPERATOR(pg_catalog.=) c.oid),
       (SELECT pg_catalog.array_agg(i.inhrelid ORDER BY i.inhrelid)
          FROM pg_catalog.pg_inherits i WHERE i.inhparent OPERATOR(pg_catalog.=) c.oid),
       (SELECT pg_catalog.array_agg(i.inhparent ORDER BY i.inhseqno)
          FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid),
       EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid OPERATOR(pg_catalog.=) c.oid),
       (SELECT d.refobjid FROM pg_catalog.pg_depend d
         WHERE c.relkind OPERATOR(pg_catalog.=) 'S'
           AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
           AND d.objid OPERATOR(pg_catalog.=) c.oid AND d.refobjsubid OPERATOR(pg_catalog.>) 0
           AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[]) LIMIT 1),
       EXISTS (SELECT FROM pg_catalog.pg_publication_rel p WHERE p.prrelid OPERATOR(pg_catalog.=) c.oid)
         OR EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.puballtables),
       CASE WHEN c.relispartition AND $2::pg_catalog.bool THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END,
       c.relispopulated
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
