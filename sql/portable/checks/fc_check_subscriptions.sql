-- Finds subscriptions that do not deliver, and tables that none of them writes to, as
-- src/checks/subscriptions.rs does.
--
-- Before version 15, the server does not count the failures of workers.
CREATE FUNCTION @extschema@.fc_check_subscriptions(schemas oid[], is_all boolean)
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    fc_query text := $q$
        @queries/subscriptions.sql@
    $q$;
    fc_tables oid[];
    fc_names text[];
BEGIN
    IF current_setting('server_version_num')::int < 150000 THEN
        fc_query := replace(fc_query, 'FROM pg_stat_subscription_stats e',
            'FROM (SELECT NULL::oid AS subid, 0::bigint AS apply_error_count, 0::bigint AS sync_error_count) e');
    END IF;
    RETURN QUERY EXECUTE format($q$
    SELECT CASE WHEN s.is_enabled AND NOT d.is_dead AND s.failures = 0 THEN 'info' ELSE 'warning' END, 'subscription_not_ready', format('subscription %%I', s.name),
           w.detail, NULL::text
      FROM (
%s
           ) s (name, is_enabled, is_running, failures, schemas, names)
     CROSS JOIN LATERAL (
        SELECT s.is_enabled AND s.is_running IS NOT DISTINCT FROM false AS is_dead,
               ARRAY(SELECT format('%%I.%%I', u.schema, u.name) FROM unnest(s.schemas, s.names) WITH ORDINALITY u (schema, name, no) ORDER BY u.no) AS uncopied) d
     CROSS JOIN LATERAL (
        SELECT @extschema@.fc_join(ARRAY[
                   CASE WHEN NOT s.is_enabled THEN 'it is disabled: no change arrives'
                        WHEN d.is_dead THEN 'its apply worker does not run: no change arrives, and the server log says why' END,
                   CASE WHEN s.failures > 0 AND (NOT s.is_enabled OR d.is_dead OR cardinality(d.uncopied) > 0)
                        THEN 'its workers have failed ' || @extschema@.fc_counted(s.failures, 'time') END,
                   @extschema@.fc_list('the first copy is not finished for', d.uncopied)]) AS detail) w
     WHERE w.detail IS NOT NULL
    $q$, fc_query) USING schemas, is_all;
    SELECT array_agg(q.relation), array_agg(u.name) INTO fc_tables, fc_names
      FROM (
           @queries/subscribed_tables.sql@
           ) q (relation, names)
     CROSS JOIN unnest(q.names) u (name);
    IF fc_tables IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT 'info', 'table_not_subscribed', format('table %I.%I', q.schema_name, q.name),
           format('no subscription writes to it, although %s; if it was published later, run ALTER SUBSCRIPTION %I REFRESH PUBLICATION;',
                  @extschema@.fc_why_meant(q.schema_name, 'subscription', q.subscription, 'writes to', q.referring_schema, q.referring_table), q.subscription),
           NULL::text
      FROM (
           @queries/tables_left_out.sql(schemas; fc_tables; fc_names)@
           ) q (schema_name, name, is_unlogged, subscription, referring_schema, referring_table);
END $fn$;
