-- Returns the comments, and with their provider the security labels, of objects that do not belong
-- to the system. Those of a composite type's attribute and of a domain's constraint are returned
-- with the type; those of a NOT NULL constraint, and of indexes and keys that a partition has from
-- its parent, with the table. Column 4 names the part of the object, column 5 the provider. Leaves
-- out large objects.
SELECT COALESCE(k.class, c.class, d.classoid), COALESCE(k.oid, c.oid, d.objoid), d.objsubid,
       CASE WHEN k.oid IS NOT NULL THEN pg_catalog.concat(k.what, ' ', k.name)
            WHEN d.objsubid OPERATOR(pg_catalog.>) 0 THEN (
                SELECT pg_catalog.concat('column ', a.attname)
                  FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid OPERATOR(pg_catalog.=) d.objoid
                   AND a.attnum OPERATOR(pg_catalog.=) d.objsubid)
            ELSE '' END,
       d.provider, d.content
  FROM (
        SELECT s.classoid, s.objoid, s.objsubid, NULL::pg_catalog.text AS provider, s.description AS content
          FROM pg_catalog.pg_description s
         UNION ALL
        SELECT l.classoid, l.objoid, l.objsubid, l.provider, l.label
          FROM pg_catalog.pg_seclabel l
         UNION ALL
        SELECT s.classoid, s.objoid, 0, NULL, s.description
          FROM pg_catalog.pg_shdescription s
          JOIN pg_catalog.pg_database b ON s.classoid OPERATOR(pg_catalog.=) 1262 AND b.oid OPERATOR(pg_catalog.=) s.objoid
         WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
         UNION ALL
        SELECT l.classoid, l.objoid, 0, l.provider, l.label
          FROM pg_catalog.pg_shseclabel l
          JOIN pg_catalog.pg_database b ON l.classoid OPERATOR(pg_catalog.=) 1262 AND b.oid OPERATOR(pg_catalog.=) l.objoid
         WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
       ) d
  LEFT JOIN LATERAL (
        SELECT CASE WHEN o.contypid OPERATOR(pg_catalog.<>) 0 THEN 1247::pg_catalog.oid ELSE 1259 END AS class,
               CASE WHEN o.contypid OPERATOR(pg_catalog.<>) 0 THEN o.contypid ELSE o.conrelid END AS oid,
               CASE WHEN o.contype OPERATOR(pg_catalog.=) 'n' AND o.contypid OPERATOR(pg_catalog.=) 0 THEN 'NOT NULL' ELSE 'constraint' END AS what,
               CASE WHEN o.contype OPERATOR(pg_catalog.<>) 'n' OR o.contypid OPERATOR(pg_catalog.<>) 0 THEN o.conname
                    ELSE (SELECT a.attname FROM pg_catalog.pg_attribute a
                           WHERE a.attrelid OPERATOR(pg_catalog.=) o.conrelid AND a.attnum OPERATOR(pg_catalog.=) o.conkey[1]) END AS name
          FROM pg_catalog.pg_constraint o
         WHERE d.classoid OPERATOR(pg_catalog.=) 2606
           AND o.oid OPERATOR(pg_catalog.=) d.objoid
           AND (o.contypid OPERATOR(pg_catalog.<>) 0 OR o.contype OPERATOR(pg_catalog.=) 'n'
                OR o.conparentid OPERATOR(pg_catalog.<>) 0 AND o.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::pg_catalog."char"[]))
         UNION ALL
        SELECT 1259, x.indrelid, 'index', i.relname
          FROM pg_catalog.pg_class i
          JOIN pg_catalog.pg_index x ON x.indexrelid OPERATOR(pg_catalog.=) i.oid
         WHERE d.classoid OPERATOR(pg_catalog.=) 1259
           AND i.oid OPERATOR(pg_catalog.=) d.objoid
           AND i.relispartition
       ) k ON true
  LEFT JOIN LATERAL (
        SELECT 1247::pg_catalog.oid AS class, r.reltype AS oid
          FROM pg_catalog.pg_class r
         WHERE d.classoid OPERATOR(pg_catalog.=) 1259
           AND r.oid OPERATOR(pg_catalog.=) d.objoid
           AND r.relkind OPERATOR(pg_catalog.=) 'c'
       ) c ON true
 WHERE (d.objoid OPERATOR(pg_catalog.>=) 16384 OR d.classoid OPERATOR(pg_catalog.=) 2615 AND d.objoid OPERATOR(pg_catalog.=) 2200 OR d.classoid OPERATOR(pg_catalog.=) 1262)
   AND d.classoid OPERATOR(pg_catalog.<>) 2613
