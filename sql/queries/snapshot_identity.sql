-- Returns the identity of this database, and when the statement began.
SELECT d.oid, d.datname::pg_catalog.text, pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1),
       pg_catalog.pg_encoding_to_char(d.encoding)::pg_catalog.text,
       pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.statement_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  FROM pg_catalog.pg_database d
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
