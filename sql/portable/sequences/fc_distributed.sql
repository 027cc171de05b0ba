-- Returns the tables whose rows Citus keeps in other tables; NULL if they could not be read.
CREATE FUNCTION @extschema@.fc_distributed()
RETURNS oid[] LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    tables oid[];
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.relname = 'pg_dist_partition' AND c.relnamespace = 'pg_catalog'::regnamespace) THEN
        RETURN '{}';
    END IF;
    EXECUTE 'SELECT array_agg(p.logicalrelid::oid) FROM pg_catalog.pg_dist_partition p' INTO tables;
    RETURN coalesce(tables, '{}');
EXCEPTION WHEN insufficient_privilege THEN
    RETURN NULL;
END $fn$;
