-- Returns the text search configurations, dictionaries, parsers and templates of schemas $1. A
-- configuration has its dictionaries by the kind of token. Skips members of extensions.
SELECT o.class, o.oid, o.schema, o.kind, pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(o.name)),
       CASE WHEN o.owner OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.pg_get_userbyid(o.owner)::pg_catalog.text END, o.words, NULL::pg_catalog.text
  FROM (
        SELECT 3602::pg_catalog.oid AS class, c.oid, c.cfgnamespace AS schema, 'text search configuration' AS kind, c.cfgname AS name, c.cfgowner AS owner,
               pg_catalog.concat_ws(', ', (SELECT pg_catalog.concat('PARSER ', pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(p.prsname))
                                   FROM pg_catalog.pg_ts_parser p
                                   JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.prsnamespace
                                  WHERE p.oid OPERATOR(pg_catalog.=) c.cfgparser),
                   (SELECT pg_catalog.string_agg(pg_catalog.concat(t.alias, ' WITH ', m.mapdict::pg_catalog.regdictionary), ', ' ORDER BY t.tokid, m.mapseqno)
                      FROM pg_catalog.pg_ts_config_map m
                      JOIN pg_catalog.ts_token_type(c.cfgparser) t ON t.tokid OPERATOR(pg_catalog.=) m.maptokentype
                     WHERE m.mapcfg OPERATOR(pg_catalog.=) c.oid)) AS words
          FROM pg_catalog.pg_ts_config c
         WHERE c.cfgnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3602 AND e.objid OPERATOR(pg_catalog.=) c.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
         UNION ALL
        SELECT 3600, d.oid, d.dictnamespace, 'text search dictionary', d.dictname, d.dictowner,
               pg_catalog.concat_ws(', ', (SELECT pg_catalog.concat('TEMPLATE ', pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(t.tmplname))
                                   FROM pg_catalog.pg_ts_template t
                                   JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.tmplnamespace
                                  WHERE t.oid OPERATOR(pg_catalog.=) d.dicttemplate), d.dictinitoption)
          FROM pg_catalog.pg_ts_dict d
         WHERE d.dictnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3600 AND e.objid OPERATOR(pg_catalog.=) d.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
         UNION ALL
        SELECT 3601, p.oid, p.prsnamespace, 'text search parser', p.prsname, 0,
               pg_catalog.concat('START ', p.prsstart, ', GETTOKEN ', p.prstoken, ', END ', p.prsend, ', LEXTYPES ', p.prslextype,
                   ', HEADLINE ', p.prsheadline)
          FROM pg_catalog.pg_ts_parser p
         WHERE p.prsnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3601 AND e.objid OPERATOR(pg_catalog.=) p.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
         UNION ALL
        SELECT 3764, t.oid, t.tmplnamespace, 'text search template', t.tmplname, 0, pg_catalog.concat('INIT ', t.tmplinit, ', LEXIZE ', t.tmpllexize)
          FROM pg_catalog.pg_ts_template t
         WHERE t.tmplnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 3764 AND e.objid OPERATOR(pg_catalog.=) t.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
       ) o
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.schema
