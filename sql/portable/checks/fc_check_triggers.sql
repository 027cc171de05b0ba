-- Finds disabled triggers and rules, as src/checks/triggers.rs does.
CREATE FUNCTION @extschema@.fc_check_triggers(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN t.is_replicas THEN 'info' ELSE 'warning' END,
       CASE t.kind WHEN 'r' THEN 'rule' ELSE 'trigger' END || CASE WHEN t.is_replicas THEN '_replica_only' ELSE '_disabled' END,
       CASE t.kind WHEN 'e' THEN format('event trigger %I', t.name) ELSE format('%s %I on table %I.%I', CASE t.kind WHEN 'r' THEN 'rule' ELSE 'trigger' END, t.name, t.schema_name, t.table_name) END,
       CASE WHEN t.is_replicas THEN 'it fires only in sessions with session_replication_role = replica' ELSE 'it is disabled: enabling it does not make up for what it has missed' END
       || coalesce('; until then, the deferrable constraint ' || quote_ident(t.constraint_name) || ' is not enforced; enabling it requires a superuser', ''),
       CASE WHEN t.is_replicas THEN NULL WHEN t.kind = 'e' THEN format('ALTER EVENT TRIGGER %I ENABLE;', t.name)
            ELSE format('ALTER TABLE %I.%I ENABLE %s %I;', t.schema_name, t.table_name, CASE t.kind WHEN 'r' THEN 'RULE' ELSE 'TRIGGER' END, t.name) END
  FROM (
       @queries/triggers_disabled.sql@
       ) t (kind, name, is_replicas, schema_name, table_name, constraint_name)
$fn$;
