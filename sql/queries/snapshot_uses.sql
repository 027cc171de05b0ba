-- Returns which objects use which others, as far as one cannot exist without the other and their
-- names do not tell: not the tables of columns, constraints, indexes and triggers, nor schemas. An
-- object that comes with another one, such as an array type, is replaced by that one, and a member
-- of an extension by the extension.
SELECT DISTINCT COALESCE(ob.class, oa.class, u.classid), COALESCE(ob.oid, oa.oid, u.objid), CASE WHEN oa.oid IS NULL THEN u.objsubid ELSE 0 END,
       COALESCE(e.class, rb.class, ra.class, u.refclassid), COALESCE(e.oid, rb.oid, ra.oid, u.refobjid),
       CASE WHEN ra.oid IS NULL THEN u.refobjsubid ELSE 0 END
  FROM pg_catalog.pg_depend u
  LEFT JOIN LATERAL (
        SELECT d.refclassid AS class, d.refobjid AS oid FROM pg_catalog.pg_depend d
         WHERE d.classid OPERATOR(pg_catalog.=) u.classid AND d.objid OPERATOR(pg_catalog.=) u.objid AND d.objsubid OPERATOR(pg_catalog.=) 0 AND d.deptype OPERATOR(pg_catalog.=) 'i' LIMIT 1
       ) oa ON u.classid OPERATOR(pg_catalog.=) ANY ('{1247,1255,2602,2603,2606,2618}'::pg_catalog.oid[])
            OR u.classid OPERATOR(pg_catalog.=) 1259 AND u.refclassid OPERATOR(pg_catalog.=) 1247
  LEFT JOIN LATERAL (
        SELECT k.class, k.oid
          FROM (SELECT 1247::pg_catalog.oid AS class, o.contypid AS oid FROM pg_catalog.pg_constraint o WHERE o.oid OPERATOR(pg_catalog.=) u.objid AND o.contypid OPERATOR(pg_catalog.<>) 0) k
       ) ob ON u.classid OPERATOR(pg_catalog.=) 2606
  LEFT JOIN LATERAL (
        SELECT d.refclassid AS class, d.refobjid AS oid FROM pg_catalog.pg_depend d
         WHERE d.classid OPERATOR(pg_catalog.=) u.refclassid AND d.objid OPERATOR(pg_catalog.=) u.refobjid AND d.objsubid OPERATOR(pg_catalog.=) 0 AND d.deptype OPERATOR(pg_catalog.=) 'i' LIMIT 1
       ) ra ON u.refclassid OPERATOR(pg_catalog.=) ANY ('{1247,1255,2618}'::pg_catalog.oid[])
  LEFT JOIN LATERAL (
        SELECT d.refclassid AS class, d.refobjid AS oid FROM pg_catalog.pg_depend d
         WHERE d.classid OPERATOR(pg_catalog.=) ra.class AND d.objid OPERATOR(pg_catalog.=) ra.oid AND d.objsubid OPERATOR(pg_catalog.=) 0 AND d.deptype OPERATOR(pg_catalog.=) 'i' LIMIT 1
       ) rb ON ra.class OPERATOR(pg_catalog.=) 1247
  LEFT JOIN LATERAL (
        SELECT d.refclassid AS class, d.refobjid AS oid FROM pg_catalog.pg_depend d
         WHERE d.refclassid OPERATOR(pg_catalog.=) 3079 AND d.deptype OPERATOR(pg_catalog.=) 'e'
           AND d.classid OPERATOR(pg_catalog.=) COALESCE(rb.class, ra.class, u.refclassid) AND d.objid OPERATOR(pg_catalog.=) COALESCE(rb.oid, ra.oid, u.refobjid)
       ) e ON true
 WHERE u.deptype OPERATOR(pg_catalog.=) ANY ('{a,n}'::pg_catalog."char"[])
   AND u.refclassid OPERATOR(pg_catalog.<>) 3079
   AND (u.refclassid OPERATOR(pg_catalog.<>) 2615 OR u.classid OPERATOR(pg_catalog.=) 6237)
   AND u.classid OPERATOR(pg_catalog.<>) 2615
   AND (u.refclassid OPERATOR(pg_catalog.<>) 1259 OR u.classid OPERATOR(pg_catalog.<>) ALL ('{1259,2604,2606,1247,2620}'::pg_catalog.oid[]))
   AND u.objid OPERATOR(pg_catalog.>=) 16384
