-- Returns of the publication with name $1 its owner, whether it is for all tables, and whether it
-- publishes UPDATE or DELETE.
SELECT p.pubowner, p.puballtables, p.pubupdate OR p.pubdelete
  FROM pg_catalog.pg_publication p
 WHERE p.pubname OPERATOR(pg_catalog.=) $1::pg_catalog.text::pg_catalog.name
