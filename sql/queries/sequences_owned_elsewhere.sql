-- Returns the columns of tables in schemas $1 whose default draws from a sequence that another
-- column owns. Skips child tables and partitions, which draw from their ancestors' sequences, and
-- members of extensions.
WITH RECURSIVE drawn AS MATERIALIZED (
SELECT f.adrelid AS relation, f.adnum AS attribute, s.objid AS sequence, o.refobjid AS owner, o.refobjsubid AS owner_attribute,
       o.deptype, pg_catalog.count(*) OVER (PARTITION BY s.objid) AS drawers
  FROM pg_catalog.pg_attrdef f
  JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 2604 AND d.objid OPERATOR(pg_catalog.=) f.oid
                             AND d.refclassid OPERATOR(pg_catalog.=) 1259
 CROSS JOIN LATERAL (SELECT d.refobjid AS objid) s
  JOIN pg_catalog.pg_sequence q ON q.seqrelid OPERATOR(pg_catalog.=) s.objid
  JOIN pg_catalog.pg_depend o ON o.classid OPERATOR(pg_catalog.=) 1259 AND o.objid OPERATOR(pg_catalog.=) s.objid
                                  AND o.refclassid OPERATOR(pg_catalog.=) 1259 AND o.refobjsubid OPERATOR(pg_catalog.>) 0
                                  AND o.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
 WHERE f.adbin::pg_catalog.text OPERATOR(pg_catalog.~~) '%:funcid 1574 %'
), ancestors AS (
SELECT d.relation, i.inhparent AS ancestor
  FROM (SELECT relation FROM drawn WHERE owner OPERATOR(pg_catalog.<>) relation GROUP BY relation) d
  JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) d.relation
 UNION
SELECT a.relation, i.inhparent
  FROM ancestors a
  JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) a.ancestor
)
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text,
       sn.nspname::pg_catalog.text, sc.relname::pg_catalog.text,
       own.nspname::pg_catalog.text, oc.relname::pg_catalog.text, oa.attname::pg_catalog.text,
       d.deptype OPERATOR(pg_catalog.=) 'i',
       -- Whether the column that owns the sequence draws from it as well.
       EXISTS (SELECT FROM drawn b WHERE b.sequence OPERATOR(pg_catalog.=) d.sequence AND b.relation OPERATOR(pg_catalog.=) d.owner
                                     AND b.attribute OPERATOR(pg_catalog.=) d.owner_attribute),
       -- Whether this column could own it: no other column draws from it, and OWNED BY would
       -- accept it.
       d.drawers OPERATOR(pg_catalog.=) 1 AND sc.relowner OPERATOR(pg_catalog.=) c.relowner AND sc.relnamespace OPERATOR(pg_catalog.=) c.relnamespace
  FROM drawn d
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) d.relation AND a.attnum OPERATOR(pg_catalog.=) d.attribute
  JOIN pg_catalog.pg_class sc ON sc.oid OPERATOR(pg_catalog.=) d.sequence
  JOIN pg_catalog.pg_namespace sn ON sn.oid OPERATOR(pg_catalog.=) sc.relnamespace
  JOIN pg_catalog.pg_class oc ON oc.oid OPERATOR(pg_catalog.=) d.owner
  JOIN pg_catalog.pg_namespace own ON own.oid OPERATOR(pg_catalog.=) oc.relnamespace
  JOIN pg_catalog.pg_attribute oa ON oa.attrelid OPERATOR(pg_catalog.=) d.owner AND oa.attnum OPERATOR(pg_catalog.=) d.owner_attribute
 WHERE (d.owner OPERATOR(pg_catalog.<>) d.relation OR d.owner_attribute OPERATOR(pg_catalog.<>) d.attribute)
   AND NOT EXISTS (SELECT FROM ancestors t WHERE t.relation OPERATOR(pg_catalog.=) d.relation AND t.ancestor OPERATOR(pg_catalog.=) d.owner)
   AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f}'::pg_catalog."char"[])
   AND n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 ORDER BY n.nspname, c.relname, a.attname
