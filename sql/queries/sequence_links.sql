-- Returns every link between a column and a sequence that the catalogs record, and every default
-- that calls nextval (OID 1574).
--
-- source: a, i = the column owns the sequence (OWNED BY, identity); n = the column's default calls
--       nextval; t = its domain's default does; p = a partition's identity column, whose sequence
--       is the root's
-- tree: the default's expression as pg_node_tree prints it
--
-- It returns one row with an array for each column: with thousands of rows, SPI takes longer than
-- the query.
SELECT pg_catalog.array_agg(l.sequence), pg_catalog.array_agg(l.relation), pg_catalog.array_agg(l.attribute),
       pg_catalog.array_agg(l.source), pg_catalog.array_agg(l.tree)
  FROM (
SELECT o.objid AS sequence, o.refobjid AS relation, o.refobjsubid::pg_catalog.int2 AS attribute,
       o.deptype AS source, NULL::pg_catalog.text AS tree
  FROM pg_catalog.pg_depend o
  JOIN pg_catalog.pg_sequence s ON s.seqrelid OPERATOR(pg_catalog.=) o.objid
 WHERE o.classid OPERATOR(pg_catalog.=) 1259
   AND o.refclassid OPERATOR(pg_catalog.=) 1259
   AND o.refobjsubid OPERATOR(pg_catalog.>) 0
   AND o.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
UNION ALL
SELECT NULL, d.adrelid, d.adnum, 'n', d.adbin::pg_catalog.text
  FROM pg_catalog.pg_attrdef d
 WHERE d.adbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
UNION ALL
SELECT NULL, a.attrelid, a.attnum, 't', t.typdefaultbin::pg_catalog.text
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_attribute a ON a.atttypid OPERATOR(pg_catalog.=) t.oid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
 WHERE $1 -- whether there is such a domain; if not, pg_attribute is not read
   AND t.typtype OPERATOR(pg_catalog.=) 'd'
   AND t.typdefaultbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f,v}'::pg_catalog."char"[])
   AND a.attnum OPERATOR(pg_catalog.>) 0
   AND NOT a.atthasdef AND NOT a.attisdropped
   AND a.attidentity OPERATOR(pg_catalog.=) ''
UNION ALL
SELECT o.objid, a.attrelid, a.attnum, 'p', NULL
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
  JOIN pg_catalog.pg_attribute r
    ON r.attrelid OPERATOR(pg_catalog.=) pg_catalog.pg_partition_root(a.attrelid)
   AND r.attname OPERATOR(pg_catalog.=) a.attname
  JOIN pg_catalog.pg_depend o
    ON o.refobjid OPERATOR(pg_catalog.=) r.attrelid AND o.refobjsubid OPERATOR(pg_catalog.=) r.attnum
 WHERE $2 -- whether there is such a partition
   AND c.relispartition
   AND a.attidentity OPERATOR(pg_catalog.<>) ''
   AND o.classid OPERATOR(pg_catalog.=) 1259
   AND o.refclassid OPERATOR(pg_catalog.=) 1259
   AND o.deptype OPERATOR(pg_catalog.=) 'i'
) l
