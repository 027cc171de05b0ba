CREATE FUNCTION @extschema@.db_row_hash(VARIADIC "any") RETURNS bigint LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'db_row_hash_call';
COMMENT ON FUNCTION @extschema@.db_row_hash("any") IS
'A 64-bit hash of a row''s values, NULLs among them: the same for the same values on each major version and platform, and in a database of any encoding. Their sum over all rows is the checksum of db_snapshot(). Types that are spelled out by their output function (arrays, composites, ranges, ...) follow the session''s settings. Takes no lock and needs no privilege.';
