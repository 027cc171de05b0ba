-- A schema with a trap for every unqualified name: a table for each catalog, and a function and an
-- operator for each of the server's that can be imitated.
CREATE SCHEMA hostile;
DO $$
DECLARE
    item record;
BEGIN
    FOR item IN SELECT relname FROM pg_catalog.pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') LOOP
        BEGIN
            EXECUTE format('CREATE TABLE hostile.%I (trapped int)', item.relname);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    FOR item IN
        SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result
          FROM pg_catalog.pg_proc p
         WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a') AND p.oid < 16384
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', item.proname, item.arguments, item.result,
                           'BEGIN RAISE ''trapped''; END');
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    FOR item IN
        SELECT o.oprname, o.oprleft::regtype AS l, o.oprright::regtype AS r, p.proname
          FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
         WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprleft <> 0
    LOOP
        BEGIN
            EXECUTE format('CREATE OPERATOR hostile.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = hostile.%I)',
                           item.oprname, item.l, item.r, item.proname);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
    FOR item IN SELECT typname FROM pg_catalog.pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typelem = 0 LOOP
        BEGIN
            EXECUTE format('CREATE DOMAIN hostile.%I AS int CHECK (false)', item.typname);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
    END LOOP;
END $$;
