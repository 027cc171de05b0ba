-- Returns why a lock whose holder is unknown must not be freed now: the sessions that are or may be
-- at work in this database.
CREATE FUNCTION @extschema@.fc_at_work_here(locks jsonb, sessions jsonb) RETURNS text
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH here AS (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
SELECT coalesce(
    (SELECT @extschema@.fc_join(ARRAY[@extschema@.fc_session_list(jsonb_agg(s.value ORDER BY s.key::int), 'activity'),
                                CASE WHEN bool_or(s.value ->> 'state' IS NULL) THEN format('GRANT pg_read_all_stats TO %I; shows it', current_user) END])
       FROM jsonb_each(sessions) s
      WHERE s.value ->> 'database_oid' = (SELECT h.oid::text FROM here h) AND (s.value ->> 'is_client')::boolean AND s.key::int <> pg_backend_pid()
        AND s.value ->> 'work' IN ('schema', 'writes', 'written', 'may_write', 'unknown')),
    (SELECT format('%s holds %s on %s', coalesce((SELECT 'prepared transaction ' || @extschema@.fc_literal(p.gid) FROM jsonb_to_recordset(locks) t (kind int, pid int, virtual_transaction text, transaction text)
                        JOIN @extschema@.fc_prepared_transactions() p ON p.transaction = t.transaction WHERE t.kind = 2 AND t.pid IS NULL AND t.virtual_transaction = k.virtual_transaction LIMIT 1), 'a prepared transaction'),
                   k.mode, coalesce(@extschema@.fc_relation(k.relation), 'a table'))
       FROM jsonb_to_recordset(locks) k (kind int, relation oid, database_oid oid, pid int, mode text, virtual_transaction text)
      WHERE k.kind = 1 AND k.pid IS NULL AND k.database_oid = (SELECT h.oid FROM here h) AND k.mode NOT IN ('AccessShareLock', 'RowShareLock')
      ORDER BY @extschema@.fc_relation(k.relation) IS NULL, k.relation LIMIT 1))
$fn$;
