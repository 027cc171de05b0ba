-- Returns whether access method $1 exists, and the input types of its operator classes with name $3
-- in the schemas $2.
SELECT m.oid IS NOT NULL,
       ARRAY(SELECT o.opcintype
               FROM pg_catalog.pg_opclass o
               JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.opcnamespace
              WHERE o.opcmethod OPERATOR(pg_catalog.=) m.oid
                AND o.opcname OPERATOR(pg_catalog.=) $3::pg_catalog.text::pg_catalog.name
                AND n.nspname OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[]::pg_catalog.name[]))
  FROM (VALUES ($1::pg_catalog.text::pg_catalog.name)) wanted(name)
  LEFT JOIN pg_catalog.pg_am m
    ON m.amname OPERATOR(pg_catalog.=) wanted.name AND m.amtype OPERATOR(pg_catalog.=) 'i'::pg_catalog."char"
