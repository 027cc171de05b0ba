-- Returns the tables that the publication with name $1 lists.
SELECT r.prrelid
  FROM pg_catalog.pg_publication_rel r
  JOIN pg_catalog.pg_publication p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
 WHERE p.pubname OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name
