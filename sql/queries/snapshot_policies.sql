-- Returns the policies of tables $1. To print an expression, the server locks the tables that it
-- names.
SELECT p.polrelid, p.polname::pg_catalog.text, 3256::pg_catalog.oid, p.oid,
       pg_catalog.concat_ws(' ', 'CREATE POLICY', pg_catalog.quote_ident(p.polname), 'AS', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, 'FOR',
           CASE WHEN p.polcmd OPERATOR(pg_catalog.=) 'r' THEN 'SELECT'
                WHEN p.polcmd OPERATOR(pg_catalog.=) 'a' THEN 'INSERT'
                WHEN p.polcmd OPERATOR(pg_catalog.=) 'w' THEN 'UPDATE'
                WHEN p.polcmd OPERATOR(pg_catalog.=) 'd' THEN 'DELETE'
                ELSE 'ALL' END, 'TO',
           (SELECT pg_catalog.string_agg(CASE WHEN u.role OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(u.role)::pg_catalog.text) END, ', '
                               ORDER BY pg_catalog.pg_get_userbyid(u.role))
              FROM pg_catalog.unnest(p.polroles) u (role)),
           CASE WHEN p.polqual IS NOT NULL THEN pg_catalog.concat('USING ', '(', pg_catalog.pg_get_expr(p.polqual, p.polrelid), ')') END,
           CASE WHEN p.polwithcheck IS NOT NULL THEN pg_catalog.concat('WITH CHECK (', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), ')') END)
  FROM pg_catalog.pg_policy p
 WHERE p.polrelid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
