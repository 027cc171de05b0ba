-- Returns the conversions of schemas $1. Skips members of extensions.
SELECT 2607::pg_catalog.oid, c.oid, c.connamespace, 'conversion', pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.conname)),
       pg_catalog.pg_get_userbyid(c.conowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', CASE WHEN c.condefault THEN 'DEFAULT' END, 'FOR', pg_catalog.quote_literal(pg_catalog.pg_encoding_to_char(c.conforencoding)), 'TO',
           pg_catalog.quote_literal(pg_catalog.pg_encoding_to_char(c.contoencoding)), 'FROM', c.conproc::pg_catalog.regproc),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_conversion c
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.connamespace
 WHERE c.connamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 2607 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
