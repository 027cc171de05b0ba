-- Returns every foreign key of the tables in schema $1 or, if $1 is NULL, of all tables except
-- other sessions' temporary ones. Foreign keys that partitions inherit are part of their parents'.
-- If $2 is not NULL, returns instead the foreign key that columns $3 of table $2 would be to
-- columns $5 of table $4 by operators $6.
--
-- Each row has the pairs of columns and how core compares them (ri_GenerateQual,
-- ri_GenerateQualCollation): by conpfeqop, cast where a column is not of the operator's type, with
-- the referenced column's collation where the two differ.
WITH k AS (
        SELECT k.oid, k.conname::pg_catalog.text AS name, k.convalidated AS is_validated,
               COALESCE((since_18.fields OPERATOR(pg_catalog.->>) 'conenforced')::pg_catalog.bool, true) AS is_enforced,
               COALESCE((since_18.fields OPERATOR(pg_catalog.->>) 'conperiod')::pg_catalog.bool, false) AS is_temporal,
               'd' OPERATOR(pg_catalog.=) ANY (ARRAY[k.confdeltype, k.confupdtype]) AS sets_default,
               k.confmatchtype OPERATOR(pg_catalog.=) 'f' AS is_match_full,
               k.conrelid AS child, k.conkey AS child_key, k.confrelid AS parent, k.confkey AS parent_key, k.conpfeqop AS operators
          FROM pg_catalog.pg_constraint k
         CROSS JOIN LATERAL (
                SELECT CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog.>=) 180000
                            THEN pg_catalog.to_jsonb(k) END AS fields
                OFFSET 0 -- computes it once for each foreign key
               ) since_18
         WHERE k.contype OPERATOR(pg_catalog.=) 'f'
           AND k.conparentid OPERATOR(pg_catalog.=) 0
           AND $2::pg_catalog.oid IS NULL
         UNION ALL
        SELECT 0::pg_catalog.oid, '', false, true, false, false, false, $2::pg_catalog.oid, $3::pg_catalog.int2[],
               $4::pg_catalog.oid, $5::pg_catalog.int2[], $6::pg_catalog.oid[]
         WHERE $2::pg_catalog.oid IS NOT NULL
)
SELECT k.oid, k.name, k.is_validated, k.is_enforced, k.is_temporal, k.is_match_full,
       c.oid, cn.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relkind,
       p.oid, pn.nspname::pg_catalog.text, p.relname::pg_catalog.text, p.relkind,
       pair.child_numbers, pair.child_names, pair.child_not_null, pair.child_generated,
       pair.parent_numbers, pair.parent_names, pair.parent_generated, pair.parent_identity, pair.parent_default,
       pair.comparisons, pair.values, pair.tests,
       pg_catalog.cardinality(k.child_key),
       -- The rows of inheritance children are not the table's; those of partitions are.
       c.relhassubclass AND c.relkind OPERATOR(pg_catalog.=) 'r'
         AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent OPERATOR(pg_catalog.=) c.oid),
       p.relhassubclass AND p.relkind OPERATOR(pg_catalog.=) 'r'
         AND EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent OPERATOR(pg_catalog.=) p.oid),
       k.sets_default, pair.child_default
  FROM k
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.child
  JOIN pg_catalog.pg_namespace cn ON cn.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) k.parent
  JOIN pg_catalog.pg_namespace pn ON pn.oid OPERATOR(pg_catalog.=) p.relnamespace
 CROSS JOIN LATERAL (
        SELECT pg_catalog.array_agg(ca.attnum ORDER BY u.place) AS child_numbers,
               pg_catalog.array_agg(ca.attname::pg_catalog.text ORDER BY u.place) AS child_names,
               pg_catalog.array_agg(ca.attnotnull ORDER BY u.place) AS child_not_null,
               pg_catalog.array_agg(ca.attgenerated OPERATOR(pg_catalog.<>) '' ORDER BY u.place) AS child_generated,
               pg_catalog.array_agg(ca.atthasdef AND ca.attgenerated OPERATOR(pg_catalog.=) '' ORDER BY u.place) AS child_default,
               pg_catalog.array_agg(pa.attnum ORDER BY u.place) AS parent_numbers,
               pg_catalog.array_agg(pa.attname::pg_catalog.text ORDER BY u.place) AS parent_names,
               pg_catalog.array_agg(pa.attgenerated OPERATOR(pg_catalog.<>) '' ORDER BY u.place) AS parent_generated,
               pg_catalog.array_agg(pa.attidentity OPERATOR(pg_catalog.=) 'a' ORDER BY u.place) AS parent_identity,
               pg_catalog.array_agg(pa.atthasdef OR pa.attidentity OPERATOR(pg_catalog.<>) '' ORDER BY u.place) AS parent_default,
               pg_catalog.array_agg(pg_catalog.concat(
                   'p.', pg_catalog.quote_ident(pa.attname),
                   CASE WHEN pa.atttypid OPERATOR(pg_catalog.<>) o.oprleft
                        THEN pg_catalog.concat('::', pg_catalog.quote_ident(ln.nspname), '.', pg_catalog.quote_ident(l.typname)) END,
                   ' OPERATOR(', pg_catalog.quote_ident(opn.nspname), '.', o.oprname, ')'
               ) ORDER BY u.place) AS comparisons,
               pg_catalog.array_agg(pg_catalog.concat(
                   'c.', pg_catalog.quote_ident(ca.attname),
                   CASE WHEN ca.atttypid OPERATOR(pg_catalog.<>) o.oprright
                        THEN pg_catalog.concat('::', pg_catalog.quote_ident(rn.nspname), '.', pg_catalog.quote_ident(r.typname)) END,
                   CASE WHEN ca.attcollation OPERATOR(pg_catalog.<>) pa.attcollation AND pa.attcollation OPERATOR(pg_catalog.<>) 0
                        THEN pg_catalog.concat(' COLLATE ', pg_catalog.quote_ident(lcn.nspname), '.', pg_catalog.quote_ident(lc.collname)) END
               ) ORDER BY u.place) AS values,
               -- A composite value of nulls only IS NULL, but core looks it up as a key.
               pg_catalog.array_agg(pg_catalog.concat(
                   'c.', pg_catalog.quote_ident(ca.attname),
                   CASE WHEN ct.typtype OPERATOR(pg_catalog.=) ANY ('{c,d}'::pg_catalog."char"[])
                        THEN ' IS DISTINCT'
                        ELSE ' IS NOT' END,
                   CASE WHEN ct.typtype OPERATOR(pg_catalog.=) ANY ('{c,d}'::pg_catalog."char"[]) THEN ' FROM NULL' ELSE ' NULL' END
               ) ORDER BY u.place) AS tests
          FROM ROWS FROM (pg_catalog.unnest(k.child_key), pg_catalog.unnest(k.parent_key), pg_catalog.unnest(k.operators))
               WITH ORDINALITY u (child, parent, operator, place)
          JOIN pg_catalog.pg_attribute ca ON ca.attrelid OPERATOR(pg_catalog.=) c.oid AND ca.attnum OPERATOR(pg_catalog.=) u.child
          JOIN pg_catalog.pg_type ct ON ct.oid OPERATOR(pg_catalog.=) ca.atttypid
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
 WHERE (($1::pg_catalog.oid IS NULL AND NOT pg_catalog.pg_is_other_temp_schema(cn.oid))
     OR cn.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
 ORDER BY cn.nspname, c.relname, k.name
