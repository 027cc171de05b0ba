-- Returns of setting $1 whether it exists, when it can be changed (NULL if it is hidden), and whether
-- role $2 has the privilege to set it.
SELECT pg_catalog.current_setting($1::pg_catalog.text, true) IS NOT NULL,
       (SELECT s.context FROM pg_catalog.pg_settings s
         WHERE pg_catalog.lower(s.name) OPERATOR(pg_catalog.=) pg_catalog.lower($1::pg_catalog.text)),
       pg_catalog.has_parameter_privilege($2::pg_catalog.oid, $1::pg_catalog.text, 'SET')
