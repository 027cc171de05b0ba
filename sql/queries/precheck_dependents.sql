-- Returns what depends on the objects with class $1, OID $2 and part $3, by the rules of DROP
-- (findDependentObjects in catalog/dependency.c): whether the drop takes it along without CASCADE,
-- its kind, the relation that it is part of, its number in the relation or OID, its own name, and a
-- description.
WITH RECURSIVE gone(classid, objid, objsubid) AS (
        SELECT s.classid, s.objid, s.objsubid
          FROM ROWS FROM (
                 pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.oid[]),
                 pg_catalog.unnest($3::pg_catalog.int4[])
               ) s(classid, objid, objsubid)
        UNION
        SELECT d.classid, d.objid, d.objsubid
          FROM gone g
          JOIN pg_catalog.pg_depend d
            ON d.refclassid OPERATOR(pg_catalog.=) g.classid AND d.refobjid OPERATOR(pg_catalog.=) g.objid
           AND (g.objsubid OPERATOR(pg_catalog.=) 0 OR d.refobjsubid OPERATOR(pg_catalog.=) g.objsubid)
         WHERE d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i,P,S,e,x}'::pg_catalog."char"[])
       ),
       needing AS (
        SELECT DISTINCT d.classid, d.objid, d.objsubid
          FROM gone g
          JOIN pg_catalog.pg_depend d
            ON d.refclassid OPERATOR(pg_catalog.=) g.classid AND d.refobjid OPERATOR(pg_catalog.=) g.objid
           AND (g.objsubid OPERATOR(pg_catalog.=) 0 OR d.refobjsubid OPERATOR(pg_catalog.=) g.objsubid)
         WHERE d.deptype OPERATOR(pg_catalog.=) 'n'
           AND NOT EXISTS (
                SELECT FROM gone o
                 WHERE o.classid OPERATOR(pg_catalog.=) d.classid AND o.objid OPERATOR(pg_catalog.=) d.objid
                   AND (o.objsubid OPERATOR(pg_catalog.=) 0 OR o.objsubid OPERATOR(pg_catalog.=) d.objsubid)
               )
       ),
       found AS (
        SELECT true AS goes_along, g.classid, g.objid, g.objsubid FROM gone g
        UNION ALL
        SELECT false, n.classid, n.objid, n.objsubid FROM needing n
       )
SELECT f.goes_along,
       CASE
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND f.objsubid OPERATOR(pg_catalog.>) 0 THEN 'column'
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass THEN 'relation'
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN 'rule'
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN 'constraint'
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN 'trigger'
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass THEN 'policy'
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass THEN 'default'
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass THEN 'function'
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass THEN 'type'
         ELSE 'other'
       END,
       CASE
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass THEN f.objid
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass THEN
           (SELECT r.ev_class FROM pg_catalog.pg_rewrite r WHERE r.oid OPERATOR(pg_catalog.=) f.objid)
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN
           (SELECT k.conrelid FROM pg_catalog.pg_constraint k WHERE k.oid OPERATOR(pg_catalog.=) f.objid)
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN
           (SELECT t.tgrelid FROM pg_catalog.pg_trigger t WHERE t.oid OPERATOR(pg_catalog.=) f.objid)
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass THEN
           (SELECT p.polrelid FROM pg_catalog.pg_policy p WHERE p.oid OPERATOR(pg_catalog.=) f.objid)
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass THEN
           (SELECT d.adrelid FROM pg_catalog.pg_attrdef d WHERE d.oid OPERATOR(pg_catalog.=) f.objid)
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_type'::pg_catalog.regclass THEN
           (SELECT y.typrelid FROM pg_catalog.pg_type y WHERE y.oid OPERATOR(pg_catalog.=) f.objid)
         ELSE 0::pg_catalog.oid
       END,
       CASE
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass THEN
           (SELECT d.adnum::pg_catalog.int4 FROM pg_catalog.pg_attrdef d WHERE d.oid OPERATOR(pg_catalog.=) f.objid)
         ELSE f.objsubid
       END,
       f.objid,
       CASE
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN
           (SELECT k.conname::pg_catalog.text FROM pg_catalog.pg_constraint k WHERE k.oid OPERATOR(pg_catalog.=) f.objid)
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN
           (SELECT t.tgname::pg_catalog.text FROM pg_catalog.pg_trigger t WHERE t.oid OPERATOR(pg_catalog.=) f.objid)
         WHEN f.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass THEN
           (SELECT p.polname::pg_catalog.text FROM pg_catalog.pg_policy p WHERE p.oid OPERATOR(pg_catalog.=) f.objid)
       END,
       pg_catalog.pg_describe_object(f.classid, f.objid, f.objsubid)
  FROM found f
 WHERE f.classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_publication_rel'::pg_catalog.regclass OR f.goes_along
 ORDER BY f.goes_along, 7
