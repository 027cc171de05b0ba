-- Says what logical replication leaves out, in a database that uses it, as
-- src/checks/replication_limits.rs does.
CREATE FUNCTION @extschema@.fc_check_replication_limits(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT 'info', 'not_replicated', format('database %I', current_database()),
       format('%s: %s %s not replicated, and left behind at a cut-over unless they are moved by other means', @extschema@.fc_series(l.uses, ' and '),
              @extschema@.fc_series(l.left_out, ' and '), CASE cardinality(l.left_out) WHEN 1 THEN 'is' ELSE 'are' END), NULL
  FROM (
       @queries/replication_in_use.sql@
       ) r (publications, subscriptions, sequences, views, has_large_objects)
 CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[CASE WHEN r.publications > 0 THEN @extschema@.fc_counted(r.publications, 'publication') END,
                              CASE WHEN r.subscriptions > 0 THEN @extschema@.fc_counted(r.subscriptions, 'subscription') END], NULL) AS uses,
           array_remove(ARRAY[CASE WHEN r.sequences > 0 THEN 'the positions of ' || @extschema@.fc_counted(r.sequences, 'sequence') END,
                              CASE WHEN r.has_large_objects THEN 'large objects' END,
                              CASE WHEN r.views > 0 THEN 'the rows of ' || @extschema@.fc_counted(r.views, 'materialized view') END, 'DDL'], NULL) AS left_out) l
 WHERE cardinality(l.uses) > 0
$fn$;
