-- Every foreign key of schema $1, or of all but other sessions' temporary ones: those that partitions have from their parents
-- are these. With them their pairs of columns, and for each pair the condition under which core takes a row for the parent's
-- (ri_GenerateQual, ri_GenerateQualCollation): conpfeqop, casts where a column is not of its type, the parent's collation
-- where they differ.
SELECT k.oid, k.conname::pg_catalog.text, k.convalidated,
       COALESCE((pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced')::pg_catalog.bool, true), -- 18
       COALESCE((pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conperiod')::pg_catalog.bool, false),  -- 18
       k.confmatchtype OPERATOR(pg_catalog.=) 'f',
       c.oid, cn.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relkind,
       p.oid, pn.nspname::pg_catalog.text, p.relname::pg_catalog.text, p.relkind,
       pair.child_numbers, pair.child_names, pair.child_not_null, pair.parent_numbers, pair.parent_names,
       pair.conditions,
       -- Whether an index-only scan of the child is likely, by the default costs of a page (random 4, in sequence 1) and of an entry.
       EXISTS (SELECT FROM pg_catalog.pg_index i
                 JOIN pg_catalog.pg_class ic ON ic.oid OPERATOR(pg_catalog.=) i.indexrelid
                WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid
                  AND i.indisvalid
                  AND i.indpred IS NULL
                  AND i.indkey::pg_catalog.int2[] OPERATOR(pg_catalog.@>) k.conkey
                  AND (ic.relpages::pg_catalog.float8 OPERATOR(pg_catalog.*) 4.0)
                      OPERATOR(pg_catalog.+) (ic.reltuples::pg_catalog.float8 OPERATOR(pg_catalog.*) 0.005)
                      OPERATOR(pg_catalog.<) c.relallvisible::pg_catalog.float8)
  FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.conrelid
  JOIN pg_catalog.pg_namespace cn ON cn.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) k.confrelid
  JOIN pg_catalog.pg_namespace pn ON pn.oid OPERATOR(pg_catalog.=) p.relnamespace
 CROSS JOIN LATERAL (
        SELECT pg_catalog.array_agg(ca.attnum ORDER BY u.place) AS child_numbers,
               pg_catalog.array_agg(ca.attname::pg_catalog.text ORDER BY u.place) AS child_names,
               pg_catalog.array_agg(ca.attnotnull ORDER BY u.place) AS child_not_null,
               pg_catalog.array_agg(pa.attnum ORDER BY u.place) AS parent_numbers,
               pg_catalog.array_agg(pa.attname::pg_catalog.text ORDER BY u.place) AS parent_names,
               pg_catalog.array_agg(pg_catalog.concat(
                   'p.', pg_catalog.quote_ident(pa.attname),
                   CASE WHEN pa.atttypid OPERATOR(pg_catalog.<>) o.oprleft
                        THEN pg_catalog.concat('::', pg_catalog.quote_ident(ln.nspname), '.', pg_catalog.quote_ident(l.typname)) END,
                   ' OPERATOR(', pg_catalog.quote_ident(opn.nspname), '.', o.oprname, ') c.', pg_catalog.quote_ident(ca.attname),
                   CASE WHEN ca.atttypid OPERATOR(pg_catalog.<>) o.oprright
                        THEN pg_catalog.concat('::', pg_catalog.quote_ident(rn.nspname), '.', pg_catalog.quote_ident(r.typname)) END,
                   CASE WHEN ca.attcollation OPERATOR(pg_catalog.<>) pa.attcollation AND pa.attcollation OPERATOR(pg_catalog.<>) 0
                        THEN pg_catalog.concat(' COLLATE ', pg_catalog.quote_ident(lcn.nspname), '.', pg_catalog.quote_ident(lc.collname)) END
               ) ORDER BY u.place) AS conditions
          FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop))
               WITH ORDINALITY u (child, parent, operator, place)
          JOIN pg_catalog.pg_attribute ca ON ca.attrelid OPERATOR(pg_catalog.=) c.oid AND ca.attnum OPERATOR(pg_catalog.=) u.child
          JOIN pg_catalog.pg_attribute pa ON pa.attrelid OPERATOR(pg_catalog.=) p.oid AND pa.attnum OPERATOR(pg_catalog.=) u.parent
          JOIN pg_catalog.pg_operator o ON o.oid OPERATOR(pg_catalog.=) u.operator
          JOIN pg_catalog.pg_namespace opn ON opn.oid OPERATOR(pg_catalog.=) o.oprnamespace
          JOIN pg_catalog.pg_type l ON l.oid OPERATOR(pg_catalog.=) o.oprleft
          JOIN pg_catalog.pg_namespace ln ON ln.oid OPERATOR(pg_catalog.=) l.typnamespace
          JOIN pg_catalog.pg_type r ON r.oid OPERATOR(pg_catalog.=) o.oprright
          JOIN pg_catalog.pg_namespace rn ON rn.oid OPERATOR(pg_catalog.=) r.typnamespace
          LEFT JOIN pg_catalog.pg_collation lc ON lc.oid OPERATOR(pg_catalog.=) pa.attcollation
          LEFT JOIN pg_catalog.pg_namespace lcn ON lcn.oid OPERATOR(pg_catalog.=) lc.collnamespace
       ) pair
 WHERE k.contype OPERATOR(pg_catalog.=) 'f'
   AND k.conparentid OPERATOR(pg_catalog.=) 0
   AND (($1::pg_catalog.oid IS NULL AND NOT pg_catalog.pg_is_other_temp_schema(cn.oid))
     OR cn.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
   AND pair.conditions IS NOT NULL
 ORDER BY cn.nspname, c.relname, k.conname
