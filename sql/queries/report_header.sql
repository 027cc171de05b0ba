-- Returns the database, the server's version, the time, the role, whether the server is a standby,
-- and whether the role may see the sessions of other roles.
SELECT pg_catalog.current_database()::pg_catalog.text,
       pg_catalog.current_setting('server_version'),
       pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.clock_timestamp()), 'YYYY-MM-DD HH24:MI:SS'),
       current_user::pg_catalog.text,
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
