-- As sequence_links.sql, of sequence $1 alone: by the catalogs' indexes, whatever else there is. A default that names it as
-- text is recorded nowhere.
SELECT pg_catalog.array_agg(l.sequence), pg_catalog.array_agg(l.relation), pg_catalog.array_agg(l.attribute),
       pg_catalog.array_agg(l.source), pg_catalog.array_agg(l.tree)
  FROM (
SELECT o.objid AS sequence, o.refobjid AS relation, o.refobjsubid::pg_catalog.int2 AS attribute,
       o.deptype AS source, NULL::pg_catalog.text AS tree
  FROM pg_catalog.pg_depend o
 WHERE o.classid OPERATOR(pg_catalog.=) 1259 AND o.objid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND o.refclassid OPERATOR(pg_catalog.=) 1259
   AND o.refobjsubid OPERATOR(pg_catalog.>) 0
   AND o.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
UNION ALL
SELECT NULL, d.adrelid, d.adnum, 'n', d.adbin::pg_catalog.text
  FROM pg_catalog.pg_depend o
  JOIN pg_catalog.pg_attrdef d ON d.oid OPERATOR(pg_catalog.=) o.objid
 WHERE o.classid OPERATOR(pg_catalog.=) 2604
   AND o.refclassid OPERATOR(pg_catalog.=) 1259 AND o.refobjid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
UNION ALL
SELECT NULL, a.attrelid, a.attnum, 't', t.typdefaultbin::pg_catalog.text
  FROM pg_catalog.pg_depend o
  JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) o.objid
  -- The columns of the domain's type depend on it; pg_attribute has no index on the type.
  JOIN pg_catalog.pg_depend u ON u.refclassid OPERATOR(pg_catalog.=) 1247 AND u.refobjid OPERATOR(pg_catalog.=) t.oid
                             AND u.classid OPERATOR(pg_catalog.=) 1259
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) u.objid
                                AND a.attnum OPERATOR(pg_catalog.=) u.objsubid
                                AND a.atttypid OPERATOR(pg_catalog.=) t.oid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
 WHERE o.classid OPERATOR(pg_catalog.=) 1247
   AND o.refclassid OPERATOR(pg_catalog.=) 1259 AND o.refobjid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f,v}'::pg_catalog."char"[])
   AND a.attnum OPERATOR(pg_catalog.>) 0
   AND NOT a.atthasdef AND NOT a.attisdropped
   AND a.attidentity OPERATOR(pg_catalog.=) ''
) l
