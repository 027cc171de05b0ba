-- pg_flightcheck @version@, portable edition: finds and repairs what migrations and restores leave
-- behind, in SQL and PL/pgSQL only. For PostgreSQL 13 to 19.
--
-- Run this file as the database's owner. It creates the schema flightcheck, or upgrades what it
-- contains; another name is the value of the setting pg_flightcheck.schema:
--   SET pg_flightcheck.schema = 'ops';
-- Each file is one statement: it takes effect as a whole or not at all. This is file @part@ of @parts@.
DO LANGUAGE plpgsql $pgfc_form$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    functions pg_catalog.text[];
    signatures pg_catalog.text[];
    comments pg_catalog.text[];
    wanted pg_catalog.text;
    target pg_catalog.text;
    mark CONSTANT pg_catalog.text := 'pg_flightcheck, portable edition';
    existing pg_catalog.record;
    place pg_catalog.int4;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    wanted := coalesce(nullif(current_setting('pg_flightcheck.schema', true), ''), 'flightcheck');
    target := quote_ident(wanted);
    IF wanted ~ '["''$\\@[:cntrl:]]' OR wanted ~ '^pg_' OR octet_length(wanted) > 63 THEN
        RAISE EXCEPTION USING ERRCODE = '42602', MESSAGE = format('pg_flightcheck cannot be installed in schema "%s"', wanted),
            HINT = 'Choose a name of at most 63 bytes without quotation marks, "$", "\" and "@" that does not start with "pg_".';
    END IF;
    SELECT n.oid, n.nspowner, obj_description(n.oid, 'pg_namespace') AS comment INTO existing
      FROM pg_namespace n WHERE n.nspname = wanted;
    IF @part@ > 1 AND existing.comment IS DISTINCT FROM format('%s @version@, file %s', mark, @part@ - 1) THEN
        RAISE EXCEPTION USING ERRCODE = '55000', MESSAGE = 'the files are not run in their order',
            HINT = 'Run @previous@ before this file.';
    ELSIF NOT FOUND THEN
        EXECUTE format('CREATE SCHEMA %s', target);
    ELSIF existing.comment IS NULL OR NOT starts_with(existing.comment, mark) THEN
        RAISE EXCEPTION USING ERRCODE = '42P06', MESSAGE = format('schema "%s" already exists', wanted),
            DETAIL = 'pg_flightcheck has not created it.',
            HINT = 'Run: SET pg_flightcheck.schema = ''another_name''; then run this file again.';
    ELSIF existing.nspowner <> (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)
        AND NOT EXISTS (SELECT FROM pg_roles r, pg_database d
                         WHERE r.oid = existing.nspowner AND d.datname = current_database()
                           AND (r.rolsuper OR r.oid = d.datdba)) THEN
        RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('schema "%s" belongs to another role', wanted),
            DETAIL = 'Its owner could replace the functions.',
            HINT = format('Run this file as the owner, %s, or run: DROP SCHEMA %s CASCADE;',
                          pg_get_userbyid(existing.nspowner), target);
    END IF;
    functions := ARRAY[
@functions@
    ];
    signatures := ARRAY[
@signatures@
    ];
    comments := ARRAY[
@comments@
    ];
    FOR place IN 1 .. cardinality(functions) LOOP
        BEGIN
            EXECUTE replace(functions[place], '@extschema@', target);
        EXCEPTION WHEN invalid_function_definition THEN
            -- The version that is installed returns other columns.
            EXECUTE format('DROP FUNCTION %s.%s', target, signatures[place]);
            EXECUTE replace(functions[place], '@extschema@', target);
        END;
        EXECUTE format('COMMENT ON FUNCTION %s.%s IS %L', target, signatures[place], comments[place]);
    END LOOP;
    IF @part@ < @parts@ THEN
        EXECUTE format('COMMENT ON SCHEMA %s IS %L', target, mark || ' @version@, file @part@');
        PERFORM set_config('search_path', path, true);
        RETURN;
    END IF;
    signatures := ARRAY[
@all_signatures@
    ];
    -- Functions of older versions.
    FOR existing IN
        SELECT p.oid::regprocedure::text AS signature
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = wanted
           AND (starts_with(p.proname, 'fc_') OR p.proname = ANY (@names@::text[]))
           AND p.oid <> ALL (SELECT format('%s.%s', target, s.signature)::regprocedure FROM unnest(signatures) s (signature))
    LOOP
        EXECUTE format('DROP FUNCTION %s', existing.signature);
    END LOOP;
    EXECUTE format('COMMENT ON SCHEMA %s IS %L', target, mark || ' @version@');
    PERFORM set_config('search_path', path, true);
END $pgfc_form$;
