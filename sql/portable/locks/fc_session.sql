-- pid 4711 (role app, psql, idle in transaction for 3 min)
CREATE FUNCTION @extschema@.fc_session(session jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN session ->> 'pid' = '0' THEN 'a prepared transaction' ELSE format('pid %s', session ->> 'pid') || coalesce(
    ' (' || nullif(concat_ws(', ', 'role ' || quote_ident(session ->> 'role'), nullif(@extschema@.fc_printable(session ->> 'application'), ''),
                             @extschema@.fc_state_and_age(session)), '') || ')', '') END
$fn$;
