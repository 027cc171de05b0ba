CREATE FUNCTION @extschema@.db_row_hash(VARIADIC "any") RETURNS bigint LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'db_row_hash_call';
COMMENT ON FUNCTION @extschema@.db_row_hash("any") IS
'Returns a 64-bit hash of a row''s values that is the same on every major version, platform and database encoding. List the columns: t.* is one composite value.';
