-- Returns the types of schemas $1 except domains: enums with their labels, composite types with
-- their attributes, ranges, base types and shell types. Skips members of extensions, arrays, row
-- types and multiranges, which come with another type or a table.
SELECT 1247::pg_catalog.oid, t.oid, t.typnamespace, 'type', pg_catalog.format_type(t.oid, NULL), pg_catalog.pg_get_userbyid(t.typowner)::pg_catalog.text,
       CASE WHEN NOT t.typisdefined THEN 'shell'
            WHEN t.typtype OPERATOR(pg_catalog.=) 'e' THEN pg_catalog.concat('ENUM (', (
                SELECT pg_catalog.string_agg(pg_catalog.quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder)
                  FROM pg_catalog.pg_enum l
                 WHERE l.enumtypid OPERATOR(pg_catalog.=) t.oid), ')')
            WHEN t.typtype OPERATOR(pg_catalog.=) 'c' THEN pg_catalog.concat('(', (
                SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
                           CASE WHEN a.attcollation OPERATOR(pg_catalog.<>) u.typcollation
                                THEN pg_catalog.concat('COLLATE ', pg_catalog.quote_ident(ln.nspname), '.', pg_catalog.quote_ident(l.collname)) END), ', ' ORDER BY a.attnum)
                  FROM pg_catalog.pg_attribute a
                  JOIN pg_catalog.pg_type u ON u.oid OPERATOR(pg_catalog.=) a.atttypid
                  LEFT JOIN pg_catalog.pg_collation l ON l.oid OPERATOR(pg_catalog.=) a.attcollation
                  LEFT JOIN pg_catalog.pg_namespace ln ON ln.oid OPERATOR(pg_catalog.=) l.collnamespace
                 WHERE a.attrelid OPERATOR(pg_catalog.=) t.typrelid
                   AND a.attnum OPERATOR(pg_catalog.>) 0
                   AND NOT a.attisdropped), ')')
            WHEN t.typtype OPERATOR(pg_catalog.=) 'r' THEN (
                SELECT pg_catalog.concat('RANGE (SUBTYPE ', pg_catalog.format_type(r.rngsubtype, NULL),
                           ', SUBTYPE_OPCLASS ', (SELECT pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(o.opcname))
                                                      FROM pg_catalog.pg_opclass o
                                                      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.opcnamespace
                                                     WHERE o.oid OPERATOR(pg_catalog.=) r.rngsubopc),
                           ', COLLATION ', CASE WHEN r.rngcollation OPERATOR(pg_catalog.<>) 0 THEN r.rngcollation::pg_catalog.regcollation::pg_catalog.text END,
                           ', CANONICAL ', r.rngcanonical, ', SUBTYPE_DIFF ', r.rngsubdiff,
                           ', MULTIRANGE_TYPE_NAME ', pg_catalog.format_type(r.rngmultitypid, NULL), ')')
                  FROM pg_catalog.pg_range r
                 WHERE r.rngtypid OPERATOR(pg_catalog.=) t.oid)
            ELSE pg_catalog.concat('(INPUT ', t.typinput::pg_catalog.regprocedure, ', OUTPUT ', t.typoutput::pg_catalog.regprocedure,
                     ', RECEIVE ', t.typreceive::pg_catalog.regprocedure, ', SEND ', t.typsend::pg_catalog.regprocedure,
                     ', TYPMOD_IN ', t.typmodin::pg_catalog.regprocedure, ', TYPMOD_OUT ', t.typmodout::pg_catalog.regprocedure,
                     ', ANALYZE ', t.typanalyze::pg_catalog.regprocedure, ', SUBSCRIPT ', t.typsubscript::pg_catalog.regprocedure,
                     ', INTERNALLENGTH ', t.typlen, ', PASSEDBYVALUE ', t.typbyval, ', ALIGNMENT ', t.typalign,
                     ', STORAGE ', t.typstorage, ', CATEGORY ', t.typcategory, ', PREFERRED ', t.typispreferred,
                     ', DEFAULT ', t.typdefault, ', ELEMENT ', CASE WHEN t.typelem OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.format_type(t.typelem, NULL) END,
                     ', DELIMITER ', t.typdelim, ', COLLATABLE ', t.typcollation OPERATOR(pg_catalog.<>) 0, ')')
       END,
       NULL::pg_catalog.text
  FROM pg_catalog.pg_type t
  LEFT JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.typrelid
 WHERE t.typnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND t.typtype OPERATOR(pg_catalog.=) ANY ('{b,c,e,p,r}'::pg_catalog."char"[])
   AND (c.oid IS NULL OR c.relkind OPERATOR(pg_catalog.=) 'c')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1247 AND e.objid OPERATOR(pg_catalog.=) t.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type u
                    WHERE u.oid OPERATOR(pg_catalog.=) t.typelem
                      AND u.typarray OPERATOR(pg_catalog.=) t.oid)
