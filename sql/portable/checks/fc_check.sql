-- Runs one check in a block whose rollback releases its locks. An error becomes a finding.
CREATE FUNCTION @extschema@.fc_check(name text, schemas oid[], schema oid, deep boolean)
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    found jsonb; state text; message text; info text;
BEGIN
    BEGIN
        PERFORM set_config('jit', 'off', true);
        IF name NOT IN ('sequences', 'foreign_keys') AND current_setting('lock_timeout') = '0' THEN PERFORM set_config('lock_timeout', '5s', true); END IF;
        found := CASE name
            WHEN 'advisory_locks' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_advisory_locks() x)
            WHEN 'migrations' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_migrations(schemas) x)
            WHEN 'sequences' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_sequences(schema) x)
            WHEN 'foreign_keys' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_foreign_keys(schema, deep) x)
            WHEN 'replication_role' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_replication_role() x)
            WHEN 'subscriptions' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_subscriptions(schemas, schema IS NULL) x)
            WHEN 'publications' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_publications(schemas) x)
            WHEN 'replication_limits' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_replication_limits(schemas) x WHERE schema IS NULL)
            WHEN 'triggers' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_triggers(schemas) x)
            WHEN 'constraints' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_constraints(schemas) x)
            WHEN 'indexes' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_indexes(schemas) x)
            WHEN 'identity' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_identity(schemas) x)
            WHEN 'schema_privileges' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_schema_privileges(schemas) x)
            WHEN 'views' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_views(schemas) x)
            WHEN 'function_privileges' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_function_privileges(schemas) x)
            WHEN 'sequence_privileges' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_sequence_privileges(schemas) x)
            WHEN 'lost_defaults' THEN (SELECT jsonb_agg(to_jsonb(x)) FROM @extschema@.fc_check_lost_defaults(schemas) x) END;
        RAISE SQLSTATE 'FC000';
    EXCEPTION
        WHEN SQLSTATE 'FC000' THEN NULL;
        WHEN query_canceled OR admin_shutdown THEN RAISE;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, info = PG_EXCEPTION_DETAIL;
            RETURN QUERY SELECT 'error', 'check_failed', 'check ' || name, 'it could not run: ' || @extschema@.fc_error(state, message, info), NULL::text;
            RETURN;
    END;
    RETURN QUERY SELECT f.severity, f.check_name, f.object, f.detail, @extschema@.fc_one_line(f.fix)
                   FROM jsonb_array_elements(found) WITH ORDINALITY e (one, no), jsonb_to_record(e.one) f (severity text, check_name text, object text, detail text, fix text) ORDER BY e.no;
END $fn$;
