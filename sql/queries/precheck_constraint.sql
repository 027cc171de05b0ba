-- Returns the OID of constraint $2 of relation $1.
SELECT k.oid
  FROM pg_catalog.pg_constraint k
 WHERE k.conrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND k.conname OPERATOR(pg_catalog.=) $2::pg_catalog.text::pg_catalog.name
