-- Returns where columns $2 of tables $1 get their values in an INSERT that omits them.
--
-- tree: the default's expression as pg_node_tree prints it, the column's own or that of its domain
SELECT a.attrelid, a.attnum,
       a.attidentity OPERATOR(pg_catalog.<>) '' OR a.attgenerated OPERATOR(pg_catalog.<>) '' AS is_generated,
       coalesce(d.adbin::pg_catalog.text, t.typdefaultbin::pg_catalog.text) AS tree
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int2[])) p (relation, attribute)
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) p.relation
                                AND a.attnum OPERATOR(pg_catalog.=) p.attribute
  JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid
                                   AND d.adnum OPERATOR(pg_catalog.=) a.attnum
