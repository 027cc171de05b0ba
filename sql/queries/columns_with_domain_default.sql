-- Returns the columns without a default of their own whose domain's default refers to sequence $1,
-- and that default as pg_node_tree prints it. Reads the catalogs by their indexes, unlike
-- sequence_links.sql, which returns such columns of all sequences.
--
-- pg_attribute has no index on the type, but a column of a domain depends on the domain.
SELECT a.attrelid, a.attnum, t.typdefaultbin::pg_catalog.text
  FROM pg_catalog.pg_depend o
  JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) o.objid
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
