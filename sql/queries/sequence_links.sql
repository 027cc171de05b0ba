-- Every link between a column and a sequence that the catalogs record, and every default that calls nextval.
--
-- source: a, i = the column owns the sequence (OWNED BY, identity); n = the column's default calls nextval;
--         t = the default of the column's domain does; p = a partition's identity column, whose sequence is the root's
-- tree: the default's expression, as pg_node_tree writes it
-- sequence: NULL if the default names it as text; then by_name is that text
WITH dependency AS (
    SELECT d.classid, d.objid, d.refobjid, d.refobjsubid, d.deptype
      FROM pg_catalog.pg_depend d
     WHERE d.refclassid OPERATOR(pg_catalog.=) 1259
       AND (d.classid OPERATOR(pg_catalog.=) 1259 AND d.refobjsubid OPERATOR(pg_catalog.>) 0
            AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
         OR d.classid OPERATOR(pg_catalog.=) ANY ('{1247,2604}'::pg_catalog.oid[])
            AND d.deptype OPERATOR(pg_catalog.=) 'n')
),
expression AS (
    SELECT d.oid, 2604::pg_catalog.oid AS class, d.adrelid AS relation, d.adnum AS attribute, 'n' AS source,
           d.adbin AS tree
      FROM pg_catalog.pg_attrdef d
     WHERE d.adbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
    UNION ALL
    SELECT t.oid, 1247, a.attrelid, a.attnum, 't', t.typdefaultbin
      FROM pg_catalog.pg_type t
      JOIN pg_catalog.pg_attribute a ON a.atttypid OPERATOR(pg_catalog.=) t.oid
     WHERE $1 -- is there such a domain? spares reading all of pg_attribute
       AND t.typtype OPERATOR(pg_catalog.=) 'd'
       AND t.typdefaultbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
       AND NOT a.atthasdef
       AND a.attidentity OPERATOR(pg_catalog.=) ''
)
SELECT o.objid AS sequence, o.refobjid AS relation, o.refobjsubid::pg_catalog.int2 AS attribute,
       o.deptype::pg_catalog.text AS source, NULL::pg_catalog.text AS tree, NULL::pg_catalog.text AS by_name
  FROM dependency o
  JOIN pg_catalog.pg_sequence s ON s.seqrelid OPERATOR(pg_catalog.=) o.objid
 WHERE o.classid OPERATOR(pg_catalog.=) 1259
UNION ALL
SELECT n.sequence, e.relation, e.attribute, e.source, e.tree::pg_catalog.text,
       CASE WHEN n.sequence IS NULL THEN pg_catalog.substring(
           pg_catalog.pg_get_expr(e.tree, CASE WHEN e.source OPERATOR(pg_catalog.=) 'n' THEN e.relation ELSE 0 END),
           $pattern$nextval\(\('((?:[^']|'')*)'::text\)::regclass\)$pattern$) END
  FROM expression e
  LEFT JOIN (SELECT d.classid, d.objid, d.refobjid AS sequence
               FROM dependency d
               JOIN pg_catalog.pg_sequence s ON s.seqrelid OPERATOR(pg_catalog.=) d.refobjid
              WHERE d.deptype OPERATOR(pg_catalog.=) 'n') n
    ON n.objid OPERATOR(pg_catalog.=) e.oid AND n.classid OPERATOR(pg_catalog.=) e.class
UNION ALL
SELECT o.objid, a.attrelid, a.attnum, 'p', NULL, NULL
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
  JOIN pg_catalog.pg_attribute r
    ON r.attrelid OPERATOR(pg_catalog.=) pg_catalog.pg_partition_root(a.attrelid)
   AND r.attname OPERATOR(pg_catalog.=) a.attname
  JOIN pg_catalog.pg_depend o
    ON o.refobjid OPERATOR(pg_catalog.=) r.attrelid AND o.refobjsubid OPERATOR(pg_catalog.=) r.attnum
 WHERE $2 -- are there such partitions?
   AND c.relispartition
   AND a.attidentity OPERATOR(pg_catalog.<>) ''
   AND o.classid OPERATOR(pg_catalog.=) 1259
   AND o.refclassid OPERATOR(pg_catalog.=) 1259
   AND o.deptype OPERATOR(pg_catalog.=) 'i'
