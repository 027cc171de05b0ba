-- Returns the publications, and apart from them the tables and schemas that they name. Some columns
-- exist in newer versions only. Skips members of extensions.
SELECT 6104::pg_catalog.oid, p.oid, NULL::pg_catalog.oid, 'publication', pg_catalog.quote_ident(p.pubname), pg_catalog.pg_get_userbyid(p.pubowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', CASE WHEN p.puballtables THEN 'FOR ALL TABLES' END,
           CASE WHEN j.fields OPERATOR(pg_catalog.->>) 'puballsequences' OPERATOR(pg_catalog.=) 'true' THEN 'FOR ALL SEQUENCES' END, 'PUBLISH',
           pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
               CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END),
           CASE WHEN p.pubviaroot THEN 'VIA PARTITION ROOT' END,
           CASE WHEN j.fields OPERATOR(pg_catalog.->>) 'pubgencols' OPERATOR(pg_catalog.<>) 'n' THEN pg_catalog.concat('GENERATED COLUMNS ', j.fields OPERATOR(pg_catalog.->>) 'pubgencols') END),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_publication p
 CROSS JOIN LATERAL (SELECT pg_catalog.to_jsonb(p) AS fields) j
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 6104 AND e.objid OPERATOR(pg_catalog.=) p.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
 UNION ALL
SELECT 6106, r.oid, NULL, 'publication table',
       pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(c.relname), ' in ', pg_catalog.quote_ident(p.pubname)), NULL,
       pg_catalog.concat_ws(' ', CASE WHEN pg_catalog.to_jsonb(r) OPERATOR(pg_catalog.->>) 'prexcept' OPERATOR(pg_catalog.=) 'true' THEN 'EXCEPT' END,
           (SELECT pg_catalog.concat('(', pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attname), ')')
              FROM pg_catalog.pg_attribute a
             WHERE a.attrelid OPERATOR(pg_catalog.=) r.prrelid
               AND a.attnum OPERATOR(pg_catalog.=) ANY (r.prattrs::pg_catalog.int2[])
            HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0),
           CASE WHEN r.prqual IS NOT NULL THEN pg_catalog.concat('WHERE ', pg_catalog.pg_get_expr(r.prqual, r.prrelid)) END), NULL
  FROM pg_catalog.pg_publication_rel r
  JOIN pg_catalog.pg_publication p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) r.prrelid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 UNION ALL
SELECT 6237, s.oid, NULL, 'publication schema', pg_catalog.concat(pg_catalog.quote_ident(n.nspname), ' in ', pg_catalog.quote_ident(p.pubname)), NULL, '', NULL
  FROM pg_catalog.pg_publication_namespace s
  JOIN pg_catalog.pg_publication p ON p.oid OPERATOR(pg_catalog.=) s.pnpubid
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) s.pnnspid
