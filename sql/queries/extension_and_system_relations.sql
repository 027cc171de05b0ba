-- Returns the relations that belong to an extension, and those in the system's schemas that initdb
-- did not create, such as those of Citus.
SELECT d.objid
  FROM pg_catalog.pg_depend d
 WHERE d.refclassid OPERATOR(pg_catalog.=) 3079 -- pg_extension
   AND d.classid OPERATOR(pg_catalog.=) 1259
   AND d.deptype OPERATOR(pg_catalog.=) 'e'
UNION ALL
SELECT c.oid
  FROM pg_catalog.pg_class c
 WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ('{pg_catalog,information_schema}'::pg_catalog.regnamespace[]::pg_catalog.oid[])
   AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
