-- Returns whether schema $1 has a relation with the name $2.
SELECT EXISTS (SELECT FROM pg_catalog.pg_class c
                WHERE c.relnamespace OPERATOR(pg_catalog.=) $1::pg_catalog.oid
                  AND c.relname OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name)
