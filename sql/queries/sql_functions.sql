-- Returns the functions and procedures of schemas $1 that are written in SQL, as text: with schema
-- and arguments, name, body, the search_path that the function sets for itself, its schema, and
-- types and names of its input arguments. Skips members of extensions, and functions with arguments
-- of any type, whose bodies are analyzed only when they are called.
SELECT p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proname::pg_catalog.text, p.prosrc,
       (SELECT pg_catalog.substr(u.setting, pg_catalog.length('search_path') OPERATOR(pg_catalog.+) 2)
          FROM pg_catalog.unnest(p.proconfig) u (setting)
         WHERE pg_catalog.starts_with(u.setting, 'search_path=')),
       n.nspname::pg_catalog.text, p.proargtypes::pg_catalog.oid[],
       CASE WHEN p.proargmodes IS NULL THEN p.proargnames
            ELSE (SELECT pg_catalog.array_agg(COALESCE(p.proargnames[m.place], '') ORDER BY m.place)
                    FROM ROWS FROM (pg_catalog.unnest(p.proargmodes)) WITH ORDINALITY m (mode, place)
                   WHERE m.mode OPERATOR(pg_catalog.=) ANY ('{i,b,v}'::pg_catalog."char"[])) END
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
 WHERE l.lanname OPERATOR(pg_catalog.=) 'sql'
   AND p.prosqlbody IS NULL
   AND p.pronamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1255 AND e.objid OPERATOR(pg_catalog.=) p.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT EXISTS (
        SELECT FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) t (oid)
          JOIN pg_catalog.pg_type y ON y.oid OPERATOR(pg_catalog.=) t.oid
         WHERE y.typtype OPERATOR(pg_catalog.=) 'p'
       )
 ORDER BY 1
