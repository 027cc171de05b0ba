-- pg_flightcheck @version@, portable edition, for this session only: finds and repairs what
-- migrations and restores leave behind, in SQL and PL/pgSQL only. For PostgreSQL 13 to 19.
--
-- Nothing is installed: the functions are temporary, and are called as
--   SELECT * FROM pg_temp.seq_audit();
-- It needs the privilege TEMPORARY on the database. This is file @part@ of @parts@.
DO LANGUAGE plpgsql $pgfc_form$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    functions pg_catalog.text[];
    place pg_catalog.int4;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    functions := ARRAY[
@functions@
    ];
    FOR place IN 1 .. cardinality(functions) LOOP
        EXECUTE replace(functions[place], '@extschema@', 'pg_temp');
    END LOOP;
    PERFORM set_config('search_path', path, true);
END $pgfc_form$;
