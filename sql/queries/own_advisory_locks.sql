-- The advisory locks that this session holds: the fields of their tags, and whether the mode is shared.
SELECT database::bigint, classid::bigint, objid::bigint, objsubid::bigint, mode OPERATOR(pg_catalog.=) 'ShareLock'
FROM pg_catalog.pg_locks
WHERE locktype OPERATOR(pg_catalog.=) 'advisory' AND granted AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
