-- Returns the identity columns of tables in schemas $1 that do not have exactly one sequence, and
-- the other sequences that an identity column owns. Skips members of extensions. From version 17, a
-- partition's identity column is its root's.
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text,
       a.attidentity OPERATOR(pg_catalog.=) 'a', c.relkind OPERATOR(pg_catalog.=) 'p', s.own, sn.nspname::pg_catalog.text, sc.relname::pg_catalog.text
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 CROSS JOIN LATERAL (
        SELECT pg_catalog.count(*) FILTER (WHERE d.deptype OPERATOR(pg_catalog.=) 'i') AS own,
               pg_catalog.array_agg(d.objid ORDER BY d.objid) FILTER (WHERE d.deptype OPERATOR(pg_catalog.=) 'a') AS others
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_sequence q ON q.seqrelid OPERATOR(pg_catalog.=) d.objid
         WHERE d.refclassid OPERATOR(pg_catalog.=) 1259 AND d.refobjid OPERATOR(pg_catalog.=) a.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum
           AND d.classid OPERATOR(pg_catalog.=) 1259
       ) s
  LEFT JOIN LATERAL pg_catalog.unnest(s.others) other ON s.own OPERATOR(pg_catalog.=) 1
  LEFT JOIN pg_catalog.pg_class sc ON sc.oid OPERATOR(pg_catalog.=) other
  LEFT JOIN pg_catalog.pg_namespace sn ON sn.oid OPERATOR(pg_catalog.=) sc.relnamespace
 WHERE a.attidentity OPERATOR(pg_catalog.<>) ''
   AND NOT a.attisdropped
   AND (s.own OPERATOR(pg_catalog.<>) 1 OR sc.oid IS NOT NULL)
   AND n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT (c.relispartition
            AND EXISTS (SELECT FROM pg_catalog.pg_attribute r
                         WHERE r.attrelid OPERATOR(pg_catalog.=) pg_catalog.pg_partition_root(c.oid)
                           AND r.attname OPERATOR(pg_catalog.=) a.attname AND r.attidentity OPERATOR(pg_catalog.<>) ''))
 ORDER BY n.nspname, c.relname, a.attname, sn.nspname, sc.relname
