-- Returns the operator classes and families of schemas $1, each with its operators and functions:
-- a class has those without which it would not exist, the family has the others. Skips members of
-- extensions.
WITH item AS (
SELECT d.refclassid, d.refobjid, i.place, i.words
  FROM (
        SELECT 2602::pg_catalog.oid AS class, m.oid, pg_catalog.concat(1, m.amopstrategy) AS place,
               pg_catalog.concat('OPERATOR ', m.amopstrategy, ' ', m.amopopr::pg_catalog.regoperator,
                   CASE WHEN m.amopsortfamily OPERATOR(pg_catalog.<>) 0
                        THEN (SELECT pg_catalog.concat(' FOR ORDER BY ', pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(f.opfname))
                                FROM pg_catalog.pg_opfamily f
                                JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) f.opfnamespace
                               WHERE f.oid OPERATOR(pg_catalog.=) m.amopsortfamily) END) AS words
          FROM pg_catalog.pg_amop m
         UNION ALL
        SELECT 2603, p.oid, pg_catalog.concat(2, p.amprocnum),
               pg_catalog.concat('FUNCTION ', p.amprocnum, ' (', pg_catalog.format_type(p.amproclefttype, NULL), ', ',
                   pg_catalog.format_type(p.amprocrighttype, NULL), ') ', p.amproc::pg_catalog.regprocedure)
          FROM pg_catalog.pg_amproc p
       ) i
  JOIN pg_catalog.pg_depend d
    ON d.classid OPERATOR(pg_catalog.=) i.class
   AND d.objid OPERATOR(pg_catalog.=) i.oid
   AND d.refclassid OPERATOR(pg_catalog.=) ANY ('{2616,2753}'::pg_catalog.oid[])
   AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])
)
SELECT o.class, o.oid, o.schema, o.kind, pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(o.name), ' USING ', pg_catalog.quote_ident(m.amname)),
       pg_catalog.pg_get_userbyid(o.owner)::pg_catalog.text,
       pg_catalog.concat_ws(', ', o.words, (SELECT pg_catalog.string_agg(i.words, ', ' ORDER BY i.place, i.words)
                                    FROM item i
                                   WHERE i.refclassid OPERATOR(pg_catalog.=) o.class
                                     AND i.refobjid OPERATOR(pg_catalog.=) o.oid)),
       NULL::pg_catalog.text
  FROM (
        SELECT 2616::pg_catalog.oid AS class, c.oid, c.opcnamespace AS schema, 'operator class' AS kind, c.opcname AS name, c.opcowner AS owner,
               c.opcmethod AS method,
               pg_catalog.concat_ws(' ', CASE WHEN c.opcdefault THEN 'DEFAULT' END, pg_catalog.concat('FOR TYPE ', pg_catalog.format_type(c.opcintype, NULL)),
                   CASE WHEN c.opckeytype OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat('STORAGE ', pg_catalog.format_type(c.opckeytype, NULL)) END) AS words
          FROM pg_catalog.pg_opclass c
         WHERE c.opcnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 2616 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
         UNION ALL
        SELECT 2753, f.oid, f.opfnamespace, 'operator family', f.opfname, f.opfowner, f.opfmethod, NULL
          FROM pg_catalog.pg_opfamily f
         WHERE f.opfnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 2753 AND e.objid OPERATOR(pg_catalog.=) f.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
       ) o
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.schema
  JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) o.method
