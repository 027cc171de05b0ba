-- Every link between a column and a sequence that the catalogs record, and every default that calls nextval.
--
-- source: a, i = the column owns the sequence (OWNED BY, identity); n = the column's default calls nextval;
--         t = the default of the column's domain does; p = a partition's identity column, whose sequence is the root's
-- is_plain: the value goes into the column as it is drawn, save for casts between number types
-- sequence: NULL if the default names it as text; then by_name is that text
--
-- The shape of a default is read off pg_node_tree's text: 1574 is nextval(regclass), 1079 is regclass(text), and what may
-- stand around a plain nextval is a domain's check, a relabelling, or a cast of bigint to int2 (714), int4 (480),
-- numeric (1781) and to a numeric of some precision (1703).
, expression AS (
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
),
link AS (
    SELECT o.objid AS sequence, NULL::pg_catalog.text AS by_name, o.refobjid AS relation,
           o.refobjsubid AS attribute, o.deptype::pg_catalog.text AS source, true AS is_plain
      FROM pg_catalog.pg_depend o
      JOIN pg_catalog.pg_sequence s ON s.seqrelid OPERATOR(pg_catalog.=) o.objid
     WHERE o.classid OPERATOR(pg_catalog.=) 1259
       AND o.refclassid OPERATOR(pg_catalog.=) 1259
       AND o.refobjsubid OPERATOR(pg_catalog.>) 0
       AND o.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
    UNION ALL
    SELECT n.sequence,
           CASE WHEN n.sequence IS NULL THEN pg_catalog.substring(
               pg_catalog.pg_get_expr(e.tree, CASE WHEN e.source OPERATOR(pg_catalog.=) 'n' THEN e.relation ELSE 0 END),
               $pattern$nextval\(\('((?:[^']|'')*)'::text\)::regclass\)$pattern$) END,
           e.relation, e.attribute, e.source,
           e.tree::pg_catalog.text OPERATOR(pg_catalog.~)
               '^(\{(COERCETODOMAIN|RELABELTYPE) :arg |\{FUNCEXPR :funcid (480|714|1781|1703) [^{]*\()*\{FUNCEXPR :funcid 1574 [^{]*\(\{(CONST|FUNCEXPR :funcid 1079 [^{]*\(\{CONST) '
      FROM expression e
      LEFT JOIN (SELECT d.classid, d.objid, d.refobjid AS sequence
                   FROM pg_catalog.pg_depend d
                   JOIN pg_catalog.pg_sequence s ON s.seqrelid OPERATOR(pg_catalog.=) d.refobjid
                  WHERE d.refclassid OPERATOR(pg_catalog.=) 1259 AND d.deptype OPERATOR(pg_catalog.=) 'n') n
        ON n.classid OPERATOR(pg_catalog.=) e.class AND n.objid OPERATOR(pg_catalog.=) e.oid
    UNION ALL
    SELECT o.objid, NULL, a.attrelid, a.attnum, 'p', true
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
)
SELECT l.sequence, l.by_name, l.source, l.is_plain,
       c.oid AS relation, n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name,
       c.relkind::pg_catalog.text AS kind, c.relpersistence::pg_catalog.text AS persistence, c.relispartition,
       c.relnamespace, c.relam, c.relpages,
       a.attnum AS attribute, a.attname::pg_catalog.text AS column_name, a.atttypid, a.atttypmod,
       a.attidentity::pg_catalog.text AS identity,
       a.atthasdef OR EXISTS (SELECT FROM expression e WHERE e.source OPERATOR(pg_catalog.=) 't'
                                 AND e.relation OPERATOR(pg_catalog.=) l.relation
                                 AND e.attribute OPERATOR(pg_catalog.=) l.attribute) AS has_default,
       u.index, coalesce(u.is_unique, false) AS is_unique,
       CASE WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid END AS root
  FROM link l
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) l.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid OPERATOR(pg_catalog.=) l.relation AND a.attnum OPERATOR(pg_catalog.=) l.attribute
  LEFT JOIN usable_index u
    ON u.relation OPERATOR(pg_catalog.=) l.relation AND u.attribute OPERATOR(pg_catalog.=) l.attribute
 WHERE NOT a.attisdropped
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f,v}'::pg_catalog."char"[])
   AND n.nspname OPERATOR(pg_catalog.<>) ALL ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[])
