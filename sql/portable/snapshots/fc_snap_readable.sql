-- Tells how the rows of tables may be counted, and which of the columns keys may be shown.
--
-- key_name: the column, if the caller may read it
-- is_trusted: whether the owner is the caller or a superuser; of others see common/fc_hold.sql
-- refusal, obstacle: why the rows may not be counted; an estimate needs no privilege
CREATE FUNCTION @extschema@.fc_snap_readable(relations oid[], keys int2[], exact boolean)
RETURNS TABLE (place bigint, relation oid, tab text, reltuples real, relpages int, key_name text, is_trusted boolean, refusal text, obstacle text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT u.place, c.oid, t.tab, c.reltuples, c.relpages, quote_ident(a.attname), t.is_trusted, x.refusal, x.obstacle
  FROM unnest(relations, keys) WITH ORDINALITY u (relation, key, place)
 CROSS JOIN (SELECT @extschema@.fc_distributed() AS distributed OFFSET 0) d
  JOIN pg_class c ON c.oid = u.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.key AND has_column_privilege(c.oid, a.attnum, 'SELECT')
  LEFT JOIN @extschema@.fc_seq_columns(relations, ARRAY(
        SELECT (SELECT min(m.attnum) FROM pg_attribute m WHERE m.attrelid = k.id AND m.attnum > 0 AND NOT m.attisdropped)
          FROM unnest(relations) WITH ORDINALITY k (id, place) ORDER BY k.place)) f ON f.place = u.place
 CROSS JOIN LATERAL (
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS tab,
           c.relowner = ANY (ARRAY(SELECT o.oid FROM pg_roles o WHERE o.rolsuper OR o.rolname = current_user)) AS is_trusted OFFSET 0) t
  LEFT JOIN LATERAL (
    SELECT y.refusal, y.obstacle
      FROM (VALUES
        (1, exact AND NOT has_schema_privilege(n.oid, 'USAGE'), 'privilege',
         format('no USAGE privilege on the table''s schema: GRANT USAGE ON SCHEMA %I TO %I', n.nspname, current_user)),
        (2, exact AND c.relrowsecurity AND row_security_active(c.oid), 'privilege', 'row security hides rows of the table from this user'),
        (3, c.oid = ANY (d.distributed), 'other', 'Citus has distributed the table: its rows are in other tables, on other nodes'),
        (4, d.distributed IS NULL, 'other', 'could not determine whether Citus has distributed the table: permission denied for table pg_dist_partition'),
        (5, exact AND NOT has_any_column_privilege(c.oid, 'SELECT'), 'privilege',
         format('no SELECT privilege on the table: GRANT SELECT ON %s TO %I', t.tab, current_user)),
        -- Without a column, fc_seq_columns says nothing about the table.
        (6, exact AND NOT t.is_trusted AND (f.place IS NULL OR f.risk IS NOT NULL), 'owner',
         format('%s belongs to another role, and its %s may run that role''s code with your privileges: run this as its owner: SET ROLE %I',
                t.tab, coalesce(f.risk, 'indexes'), pg_get_userbyid(c.relowner))),
        (7, exact AND NOT t.is_trusted AND c.relkind = 'm', 'owner',
         format('%s belongs to another role, which could replace a materialized view while it is read: run this as its owner: SET ROLE %I',
                t.tab, pg_get_userbyid(c.relowner)))
       ) y (rank, applies, obstacle, refusal)
     WHERE y.applies
     ORDER BY y.rank
     LIMIT 1) x ON true
$fn$;
