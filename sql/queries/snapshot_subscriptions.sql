-- Returns the subscriptions of this database, without their connection strings, which may contain a
-- password.
SELECT 6100::pg_catalog.oid, s.oid, NULL::pg_catalog.oid, 'subscription', pg_catalog.quote_ident(s.subname), pg_catalog.pg_get_userbyid(s.subowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', 'PUBLICATION', pg_catalog.array_to_string(s.subpublications, ', '), CASE WHEN NOT s.subenabled THEN 'DISABLED' END,
           CASE WHEN s.subbinary THEN 'BINARY' END, CASE WHEN s.subslotname IS NOT NULL THEN pg_catalog.concat('SLOT ', s.subslotname) END, pg_catalog.concat('SYNCHRONOUS_COMMIT ', s.subsynccommit)),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_subscription s
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.subdbid
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
