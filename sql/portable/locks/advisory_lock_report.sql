-- Lists the advisory locks of the cluster, worst first.
CREATE FUNCTION @extschema@.advisory_lock_report()
RETURNS TABLE (status text, lock_key text, tool text, granted boolean, pid integer, waits_for integer[], blocks integer[], role name, application_name text,
    client_addr inet, state text, since timestamptz, scope text, mode text, database name, evidence text, query text, detail text, fix text)
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT l.status, l.lock_key, l.tool, l.granted, l.pid, l.waits_for, l.blocks, l.role::name, l.application_name, l.client_addr, l.state, l.since, l.scope, l.mode,
       l.database::name, l.evidence, l.query, @extschema@.fc_join(ARRAY[l.reason, l.remedy]), l.fix
  FROM @extschema@.fc_locks() l
 ORDER BY array_position('{orphan,self_blocked,pooler_leak,prepared_transaction,blocking,idle_holder,waiting,held}', l.status), l.database COLLATE "C" NULLS FIRST,
       regexp_replace(l.lock_key, '[^,:]', '', 'g'), CASE WHEN l.lock_key ~ ':' THEN 0 ELSE split_part(l.lock_key, ',', 1)::numeric END,
       CASE WHEN l.lock_key ~ ',' THEN split_part(l.lock_key, ',', 2)::numeric END, l.lock_key COLLATE "C", l.since NULLS FIRST, l.pid NULLS FIRST
$fn$;
