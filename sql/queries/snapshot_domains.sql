-- Returns the domains of schemas $1 with their constraints. Skips members of extensions.
SELECT 1247::pg_catalog.oid, t.oid, t.typnamespace, 'domain', pg_catalog.format_type(t.oid, NULL), pg_catalog.pg_get_userbyid(t.typowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', pg_catalog.format_type(t.typbasetype, t.typtypmod),
           CASE WHEN t.typcollation OPERATOR(pg_catalog.<>) b.typcollation THEN pg_catalog.concat('COLLATE ', t.typcollation::pg_catalog.regcollation) END,
           CASE WHEN t.typdefaultbin IS NOT NULL THEN pg_catalog.concat('DEFAULT ', pg_catalog.pg_get_expr(t.typdefaultbin, 0::pg_catalog.oid)) END,
           CASE WHEN t.typnotnull THEN 'NOT NULL' END,
           (SELECT pg_catalog.string_agg(pg_catalog.concat('CONSTRAINT ', pg_catalog.quote_ident(k.conname), ' ', pg_catalog.pg_get_constraintdef(k.oid)), ' ' ORDER BY k.conname)
              FROM pg_catalog.pg_constraint k
             WHERE k.contypid OPERATOR(pg_catalog.=) t.oid
               AND k.contype OPERATOR(pg_catalog.=) 'c')),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_type t
  JOIN pg_catalog.pg_type b ON b.oid OPERATOR(pg_catalog.=) t.typbasetype
 WHERE t.typnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND t.typtype OPERATOR(pg_catalog.=) 'd'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1247 AND e.objid OPERATOR(pg_catalog.=) t.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
