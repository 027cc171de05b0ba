-- Returns two objects for this database: its locale, which CREATE DATABASE sets for good, and the
-- properties that ALTER DATABASE changes, with its owner. The columns for the locale of a provider
-- other than libc depend on the version. The same codeset is spelled in several ways: UTF-8, utf8.
WITH own AS (
SELECT d.datdba, d.datconnlimit, d.datistemplate, d.dattablespace, pg_catalog.to_jsonb(d) AS fields
  FROM pg_catalog.pg_database d
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
)
SELECT 1262::pg_catalog.oid AS class, 0::pg_catalog.oid AS oid, NULL::pg_catalog.oid AS schema, 'locale' AS kind, 'of the database' AS identity, NULL::pg_catalog.text AS owner,
       (SELECT pg_catalog.string_agg(pg_catalog.concat(l.word, ' ',
                   CASE WHEN pg_catalog.strpos(l.value, '.') OPERATOR(pg_catalog.>) 0
                        THEN pg_catalog.concat(pg_catalog.split_part(l.value, '.', 1), '.', pg_catalog.replace(pg_catalog.lower(pg_catalog.substr(l.value, pg_catalog.strpos(l.value, '.') OPERATOR(pg_catalog.+) 1)), '-', ''))
                        ELSE l.value END), ', ' ORDER BY l.place)
          FROM (VALUES (1, 'LC_COLLATE', own.fields OPERATOR(pg_catalog.->>) 'datcollate'),
                       (2, 'LC_CTYPE', own.fields OPERATOR(pg_catalog.->>) 'datctype'),
                       (3, 'LOCALE_PROVIDER', CASE WHEN own.fields OPERATOR(pg_catalog.->>) 'datlocprovider' OPERATOR(pg_catalog.=) 'i' THEN 'icu'
                                                   WHEN own.fields OPERATOR(pg_catalog.->>) 'datlocprovider' OPERATOR(pg_catalog.=) 'b' THEN 'builtin' END),
                       (4, 'LOCALE', COALESCE(own.fields OPERATOR(pg_catalog.->>) 'datlocale', own.fields OPERATOR(pg_catalog.->>) 'daticulocale')),
                       (5, 'ICU_RULES', own.fields OPERATOR(pg_catalog.->>) 'daticurules')) l (place, word, value)
         WHERE l.value IS NOT NULL) AS definition, NULL::pg_catalog.text AS body
  FROM own
 UNION ALL
SELECT 1262, 0, NULL, 'properties', 'of the database', pg_catalog.pg_get_userbyid(own.datdba)::pg_catalog.text,
       pg_catalog.concat_ws(', ', CASE WHEN own.datconnlimit OPERATOR(pg_catalog.>=) 0 THEN pg_catalog.concat('CONNECTION LIMIT ', own.datconnlimit) ELSE 'no CONNECTION LIMIT' END,
           CASE WHEN own.datistemplate THEN 'IS_TEMPLATE' END,
           (SELECT pg_catalog.concat('TABLESPACE ', pg_catalog.quote_ident(t.spcname)) FROM pg_catalog.pg_tablespace t
             WHERE t.oid OPERATOR(pg_catalog.=) own.dattablespace AND own.dattablespace OPERATOR(pg_catalog.<>) 1663)), NULL
  FROM own
