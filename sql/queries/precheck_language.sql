-- Returns whether role $2 may create functions in language $1: the language is trusted, and the role
-- has USAGE on it.
SELECT l.lanpltrusted AND pg_catalog.has_language_privilege($2::pg_catalog.oid, l.oid, 'USAGE')
  FROM pg_catalog.pg_language l
 WHERE l.lanname OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name
