-- Returns the default collation of database $2, which is this database, without an OID, and the
-- collations that a column or an index in schemas $1 uses; each only if its version is recorded.
SELECT NULL::pg_catalog.oid, pg_catalog.quote_ident(d.datname), d.datcollversion, pg_catalog.quote_ident(d.datname)
  FROM pg_catalog.pg_database d
 WHERE d.oid OPERATOR(pg_catalog.=) $2::pg_catalog.oid
   AND d.datcollversion IS NOT NULL
 UNION ALL
(
SELECT l.oid, pg_catalog.format('%I.%I', n.nspname, l.collname), l.collversion, pg_catalog.quote_ident(d.datname)
  FROM pg_catalog.pg_collation l
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) l.collnamespace
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) $2::pg_catalog.oid
 WHERE l.collversion IS NOT NULL
   AND l.oid OPERATOR(pg_catalog.=) ANY (
        SELECT u.used
          FROM (
                SELECT a.attcollation AS used, c.relnamespace AS schema
                  FROM pg_catalog.pg_attribute a
                  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
                 WHERE a.attcollation OPERATOR(pg_catalog.<>) 0
                   AND NOT a.attisdropped
                 UNION ALL
                SELECT k.used, c.relnamespace
                  FROM pg_catalog.pg_index i
                  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
                 CROSS JOIN LATERAL pg_catalog.unnest(i.indcollation) k (used)
               ) u
         WHERE u.schema OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
       )
 ORDER BY n.nspname, l.collname
)
