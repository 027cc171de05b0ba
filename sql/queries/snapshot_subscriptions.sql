-- Returns the subscriptions of this database, without their connection strings, which may contain a
-- password, and whose column most roles cannot read. Some columns exist in newer versions only: in
-- an older one, the name is that of a column of "usual", with the value that leaves the option out.
-- DISABLED is at the end, since every restored subscription is disabled.
SELECT 6100::pg_catalog.oid, s.oid, NULL::pg_catalog.oid, 'subscription', pg_catalog.quote_ident(s.subname), pg_catalog.pg_get_userbyid(s.subowner)::pg_catalog.text,
       pg_catalog.concat_ws(' ', 'PUBLICATION', pg_catalog.array_to_string(s.subpublications, ', '),
           CASE WHEN s.subbinary THEN 'BINARY' END, CASE WHEN s.subslotname IS NOT NULL THEN pg_catalog.concat('SLOT ', s.subslotname) END, pg_catalog.concat('SYNCHRONOUS_COMMIT ', s.subsynccommit),
           CASE WHEN s.substream::pg_catalog.text OPERATOR(pg_catalog.=) ANY ('{t,true}'::pg_catalog.text[]) THEN 'STREAMING'
                WHEN s.substream::pg_catalog.text OPERATOR(pg_catalog.=) 'p' THEN 'STREAMING PARALLEL' END,
           CASE WHEN s.subtwophasestate OPERATOR(pg_catalog.<>) 'd' THEN 'TWO_PHASE' END,
           CASE WHEN s.subdisableonerr THEN 'DISABLE_ON_ERROR' END,
           n.origin, n.password, n.run_as, n.failover, n.dead_tuples,
           CASE WHEN NOT s.subenabled THEN 'DISABLED' END),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_subscription s
  JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) s.subdbid
 CROSS JOIN (VALUES ('any'::pg_catalog.text, true, false, false, false)) usual (suborigin, subpasswordrequired, subrunasowner, subfailover, subretaindeadtuples)
 CROSS JOIN LATERAL (
        SELECT CASE WHEN suborigin OPERATOR(pg_catalog.<>) 'any' THEN pg_catalog.concat('ORIGIN ', suborigin) END AS origin,
               CASE WHEN NOT subpasswordrequired THEN 'NO PASSWORD_REQUIRED' END AS password,
               CASE WHEN subrunasowner THEN 'RUN_AS_OWNER' END AS run_as,
               CASE WHEN subfailover THEN 'FAILOVER' END AS failover,
               CASE WHEN subretaindeadtuples THEN 'RETAIN_DEAD_TUPLES' END AS dead_tuples
          FROM pg_catalog.pg_subscription o
         WHERE o.oid OPERATOR(pg_catalog.=) s.oid
       ) n
 WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
