-- Removes the portable edition of pg_flightcheck: its functions, and the schema flightcheck, or the
-- one that the setting pg_flightcheck.schema names. Fails if other objects depend on the functions
-- or are in the schema.
DO LANGUAGE plpgsql $pgfc_form$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    wanted pg_catalog.text;
    functions pg_catalog.text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    wanted := coalesce(nullif(current_setting('pg_flightcheck.schema', true), ''), 'flightcheck');
    IF NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = wanted
                      AND starts_with(obj_description(n.oid, 'pg_namespace'), 'pg_flightcheck, portable edition')) THEN
        RAISE EXCEPTION USING ERRCODE = '3F000', MESSAGE = format('pg_flightcheck is not installed in schema "%s"', wanted),
            HINT = 'If it is in another schema, run: SET pg_flightcheck.schema = ''its_name''; then run this file again.';
    END IF;
    SELECT string_agg(p.oid::regprocedure::text, ', ') INTO functions
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = wanted
       AND (starts_with(p.proname, 'fc_') OR p.proname = ANY (@names@::text[]));
    IF functions IS NOT NULL THEN
        EXECUTE format('DROP FUNCTION %s', functions);
    END IF;
    EXECUTE format('DROP SCHEMA %I', wanted);
    PERFORM set_config('search_path', path, true);
END $pgfc_form$;
