-- Describes everything that the extension consists of, one line for each fact, without OIDs: two
-- databases with the same version have the same lines.
WITH extension AS (SELECT oid, extname, extversion, extrelocatable, extconfig FROM pg_extension WHERE extname = 'pg_flightcheck'),
member AS (
    SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS name
      FROM pg_depend d, extension e
     WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
),
fact (line) AS (
    SELECT 'extension ' || extversion || ' ' || extrelocatable || ' ' || coalesce(extconfig::text, '') FROM extension
    UNION ALL SELECT 'member ' || name FROM member
    UNION ALL SELECT 'comment ' || name || ': ' || obj_description(objid, classid::regclass::text) FROM member
    UNION ALL SELECT 'extension''s comment ' || obj_description(oid, 'pg_extension') FROM extension
    UNION ALL SELECT 'definition ' || pg_get_functiondef(objid) FROM member WHERE classid = 'pg_proc'::regclass
    UNION ALL SELECT 'owner ' || name || ': ' || pg_get_userbyid(p.proowner) FROM member JOIN pg_proc p ON p.oid = objid
     WHERE classid = 'pg_proc'::regclass
    UNION ALL SELECT 'privileges ' || name || ': ' || coalesce(p.proacl::text, 'default') FROM member JOIN pg_proc p ON p.oid = objid
     WHERE classid = 'pg_proc'::regclass
    UNION ALL SELECT 'initial privileges ' || name || ': ' || i.initprivs::text FROM member
      JOIN pg_init_privs i ON (i.classoid, i.objoid) = (classid, objid)
    UNION ALL SELECT 'depends ' || name || ' on ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid) || ' ' || d.deptype::text
      FROM member JOIN pg_depend d USING (classid, objid)
)
SELECT line FROM fact WHERE line IS NOT NULL ORDER BY line COLLATE "C";
