-- What a session does that a lock depends on: schema, writes, written, reads, idle, aborted,
-- may_write or unknown.
CREATE FUNCTION @extschema@.fc_session_work(state text, query text, has_written boolean, changes_schema boolean)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN changes_schema OR e.effect = 3 THEN 'schema'
            WHEN state IS NULL OR state = 'disabled' THEN CASE WHEN has_written THEN 'writes' ELSE 'unknown' END
            WHEN state = 'idle' THEN 'idle'
            WHEN state LIKE 'idle in transaction%' AND has_written THEN 'written'
            WHEN state = 'idle in transaction' THEN 'reads'
            WHEN state LIKE 'idle in transaction%' THEN 'aborted'
            WHEN has_written OR e.effect = 2 THEN 'writes'
            WHEN e.effect = 1 THEN 'may_write'
            ELSE 'reads' END
  FROM (SELECT CASE WHEN state IS NULL OR state = 'disabled' OR state LIKE 'idle%' THEN 0
                    ELSE @extschema@.fc_statement_effect(coalesce(query, '')) END) e (effect)
$fn$;
