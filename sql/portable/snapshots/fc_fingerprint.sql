-- Returns a hash of a text that is the same in databases of any encoding, as fingerprint() of
-- src/snapshot/notes.rs does: of the text in UTF-8 or, if it cannot be converted, as it is.
CREATE FUNCTION @extschema@.fc_fingerprint(content text)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN left(encode(sha256(convert_to(content, 'UTF8')), 'hex'), 16);
EXCEPTION WHEN data_exception OR undefined_function THEN
    RETURN left(encode(sha256(convert_to(content, 'SQL_ASCII')), 'hex'), 16);
END $fn$;
