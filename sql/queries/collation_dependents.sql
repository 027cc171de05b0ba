-- Returns the indexes, and the tables partitioned by a key, that are ordered by collation $1, in
-- the whole database. Skips partitioned indexes, whose partitions' indexes are returned, and
-- temporary ones, which end with their session.
SELECT c.relkind OPERATOR(pg_catalog.=) 'i', pg_catalog.format('%I.%I', n.nspname, c.relname)
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid
  LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid OPERATOR(pg_catalog.=) c.oid
 WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{i,p}'::pg_catalog."char"[])
   AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
   AND c.oid OPERATOR(pg_catalog.>=) 16384 -- the system's indexes have collation C
   AND ($1::pg_catalog.oid OPERATOR(pg_catalog.=) ANY (i.indcollation)
     OR $1::pg_catalog.oid OPERATOR(pg_catalog.=) ANY (p.partcollation)
     OR EXISTS ( -- in an expression or a predicate
        SELECT FROM pg_catalog.pg_depend d
         WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
           AND d.objid OPERATOR(pg_catalog.=) i.indexrelid
           AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_collation'::pg_catalog.regclass
           AND d.refobjid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
       ))
 ORDER BY n.nspname, c.relname
