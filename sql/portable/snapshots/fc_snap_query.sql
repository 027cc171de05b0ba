-- Returns a query of the library without the columns that the server's version lacks. Each is
-- replaced by the value that means that nothing was set.
CREATE FUNCTION @extschema@.fc_snap_query(query text)
RETURNS text LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    adapted text := query;
    version CONSTANT int := current_setting('server_version_num')::int;
BEGIN
    IF version < 140000 THEN
        adapted := replace(adapted, 'a.attcompression', '''''::"char"');
        adapted := replace(adapted, 'p.prosqlbody', 'NULL::text');
        adapted := replace(adapted, 't.typsubscript::regprocedure', '''-''');
        adapted := replace(adapted, 'r.rngmultitypid', 'NULL');
        adapted := replace(adapted, 's.subbinary', 'false');
        adapted := replace(adapted, 's.substream::text', '''f''');
    END IF;
    IF version < 150000 THEN
        adapted := replace(adapted, 'r.prattrs::int2[]', 'NULL::int2[]');
        adapted := replace(adapted, 's.subtwophasestate', '''d''');
        adapted := replace(adapted, 's.subdisableonerr', 'false');
        adapted := replace(adapted, 'r.prqual', 'NULL::pg_node_tree');
        adapted := replace(adapted, 'FROM pg_publication_namespace s', 'FROM (SELECT NULL::oid AS oid, NULL::oid AS pnpubid, NULL::oid AS pnnspid) s');
    END IF;
    RETURN adapted;
END $fn$;
