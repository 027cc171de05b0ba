-- Returns the collations of schemas $1, without the version of the library and the encoding, which
-- belong to the machine and the database. The columns differ between major versions. Skips members of extensions.
SELECT 3456::pg_catalog.oid, l.oid, l.collnamespace, 'collation', pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(l.collname)),
       pg_catalog.pg_get_userbyid(l.collowner)::pg_catalog.text,
       pg_catalog.concat_ws(', ', pg_catalog.concat('PROVIDER ', l.collprovider),
           pg_catalog.concat('LOCALE ', COALESCE(j.fields OPERATOR(pg_catalog.->>) 'colllocale', j.fields OPERATOR(pg_catalog.->>) 'colliculocale',
               pg_catalog.concat_ws(' ', l.collcollate, l.collctype))),
           CASE WHEN NOT l.collisdeterministic THEN 'NOT DETERMINISTIC' END,
           CASE WHEN j.fields OPERATOR(pg_catalog.->>) 'collicurules' IS NOT NULL
                THEN pg_catalog.concat('RULES ', pg_catalog.quote_literal(j.fields OPERATOR(pg_catalog.->>) 'collicurules')) END),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_collation l
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) l.collnamespace
 CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(l) AS fields) j
 WHERE l.collnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3456 AND e.objid OPERATOR(pg_catalog.=) l.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
