-- Returns the objects of these schemas and, if with_database, of the database that are neither
-- tables nor sequences.
--
-- schema: NULL if it belongs to the database
-- is_parsed: whether it is a function whose body is a parsed statement; see fc_snap_bodies.sql
-- Kinds that could not be read have one row with the reason as definition and the class 0.
CREATE FUNCTION @extschema@.fc_snap_objects(schemas oid[], with_database boolean)
RETURNS TABLE (class oid, object oid, schema oid, kind text, identity text, owner text, definition text, body text, is_parsed boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- The queries with the kinds that they return; the first nine are about schemas.
    kinds CONSTANT text[] := ARRAY['function, procedure, aggregate', 'type', 'domain', 'operator', 'operator class, operator family', 'collation', 'conversion',
        'text search configuration, text search dictionary, text search parser, text search template', 'statistics', 'default privileges',
        'cast, transform', 'language, access method', 'event trigger', 'foreign-data wrapper, server, user mapping',
        'publication, publication table, publication schema', 'subscription', 'setting', 'locale, properties'];
    queries CONSTANT text[] := ARRAY[
        $q$
        @queries/snapshot_functions.sql@
        $q$, $q$
        @queries/snapshot_types.sql@
        $q$, $q$
        @queries/snapshot_domains.sql@
        $q$, $q$
        @queries/snapshot_operators.sql@
        $q$, $q$
        @queries/snapshot_operator_classes.sql@
        $q$, $q$
        @queries/snapshot_collations.sql@
        $q$, $q$
        @queries/snapshot_conversions.sql@
        $q$, $q$
        @queries/snapshot_text_search.sql@
        $q$, $q$
        @queries/snapshot_statistics.sql@
        $q$, $q$
        @queries/snapshot_default_privileges.sql@
        $q$, $q$
        @queries/snapshot_casts.sql@
        $q$, $q$
        @queries/snapshot_languages.sql@
        $q$, $q$
        @queries/snapshot_event_triggers.sql@
        $q$, $q$
        @queries/snapshot_foreign_servers.sql($3)@
        $q$, $q$
        @queries/snapshot_publications.sql@
        $q$, $q$
        @queries/snapshot_subscriptions.sql@
        $q$, $q$
        @queries/snapshot_settings.sql@
        $q$, $q$
        @queries/snapshot_database.sql@
        $q$
    ];
    state text;
    message text;
    detail text;
BEGIN
    FOR place IN 1 .. CASE WHEN with_database THEN cardinality(queries) ELSE 10 END LOOP
        FOR attempt IN 1 .. 2 LOOP
            BEGIN
                RETURN QUERY EXECUTE format(
                    'SELECT q.class, q.object, q.schema, q.kind::text, q.identity::text, q.owner::text, coalesce(q.definition::text, ''''), nullif(q.body::text, ''''), %s
                       FROM (%s) q (class, object, schema, kind, identity, owner, definition, body%s)',
                    CASE place WHEN 1 THEN 'q.is_parsed' ELSE 'false' END, @extschema@.fc_snap_query(queries[place]), CASE place WHEN 1 THEN ', is_parsed' END)
                    USING schemas, with_database, @extschema@.fc_snap_confidential();
                RAISE SQLSTATE 'FC000';
            EXCEPTION
                WHEN SQLSTATE 'FC000' THEN
                    EXIT;
                WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
                    -- An object may have been dropped after it was looked up.
                    IF attempt = 2 OR state NOT IN ('42P01', '42703', '42704', '3F000', 'XX000') THEN
                        class := 0;
                        kind := kinds[place];
                        definition := @extschema@.fc_error(state, message, detail);
                        RETURN NEXT;
                        EXIT;
                    END IF;
            END;
        END LOOP;
    END LOOP;
END $fn$;
