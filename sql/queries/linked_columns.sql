-- What there is to know of the columns $2 of the relations $1, pair by pair, leaving out the system's schemas.
, wanted AS (
    SELECT w.relation, w.attribute
      FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int2[])) AS w(relation, attribute)
)
SELECT c.oid AS relation, n.nspname::pg_catalog.text AS schema, c.relname::pg_catalog.text AS name,
       c.relnamespace, c.relkind::pg_catalog.text AS kind, c.relpersistence::pg_catalog.text AS persistence,
       c.relam, c.relpages,
       CASE WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid)::pg_catalog.oid END AS root,
       a.attnum AS attribute, a.attname::pg_catalog.text AS column_name, a.atttypid, a.atttypmod,
       a.attidentity::pg_catalog.text AS identity, a.atthasdef, u.index, coalesce(u.is_unique, false) AS is_unique
  FROM wanted w
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) w.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid OPERATOR(pg_catalog.=) w.relation AND a.attnum OPERATOR(pg_catalog.=) w.attribute
  LEFT JOIN usable_index u
    ON u.relation OPERATOR(pg_catalog.=) w.relation AND u.attribute OPERATOR(pg_catalog.=) w.attribute
 WHERE NOT a.attisdropped
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f,v}'::pg_catalog."char"[])
   AND n.nspname OPERATOR(pg_catalog.<>) ALL ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[])
