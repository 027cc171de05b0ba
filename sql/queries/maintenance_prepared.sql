-- Returns the prepared transactions of this database.
SELECT p.gid, p.owner::pg_catalog.text, p.prepared
  FROM pg_catalog.pg_prepared_xacts p
 WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database()
 ORDER BY p.prepared, p.gid
