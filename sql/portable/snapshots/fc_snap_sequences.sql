-- Returns the sequences of these schemas, with their next values. counted has no effect except that
-- it has to be known before: no sequence is behind the rows that were counted.
CREATE FUNCTION @extschema@.fc_snap_sequences(schemas oid[], counted bigint)
RETURNS TABLE (relation oid, schema oid, name text, fields jsonb, obstacle text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH found AS MATERIALIZED (
    SELECT q.*, CASE WHEN has_sequence_privilege(q.relation, 'SELECT') AND has_schema_privilege(q.schema, 'USAGE')
                     THEN 'SELECT s.last_value, s.is_called::int, NULL::bigint, NULL::bigint, NULL::bigint[] FROM ' || @extschema@.fc_relation(q.relation) || ' s'
                     WHEN has_sequence_privilege(q.relation, 'SELECT, USAGE')
                     THEN format('SELECT p.v, CASE WHEN p.v IS NOT NULL THEN 1 END, NULL::bigint, NULL::bigint, NULL::bigint[] FROM pg_sequence_last_value(%L::oid::regclass) p (v)', q.relation) END AS query
      FROM (
        @queries/snapshot_sequences.sql@
      ) q (relation, schema, name, owner, type, start, increment, min, max, cache, cycle, owner_schema, owner_table, unlogged, owner_column)
), readable AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY f.relation) AS place, f.relation, f.query FROM found f WHERE f.query IS NOT NULL
), read AS MATERIALIZED (
    SELECT a.relation, r.*
      FROM (SELECT array_agg(a.query ORDER BY a.place) AS queries, count(*)::int AS count FROM readable a) n
     CROSS JOIN LATERAL @extschema@.fc_read(n.queries, array_fill(NULL::oid, ARRAY[n.count]), array_fill(NULL::oid, ARRAY[n.count]), array_fill(1, ARRAY[n.count]), 0) r
      JOIN readable a ON a.place = r.place
     WHERE n.count > 0
)
SELECT f.relation, f.schema, f.name,
       jsonb_strip_nulls(jsonb_build_object('owner', f.owner, 'data_type', f.type, 'start', f.start, 'increment', f.increment, 'min', f.min,
           'max', f.max, 'cache', f.cache, 'cycle', f.cycle, 'unlogged', nullif(f.unlogged, false),
           'next_value', CASE WHEN r.b = 0 THEN r.a::numeric
                              WHEN r.a + f.increment::numeric BETWEEN f.min AND f.max THEN r.a + f.increment::numeric
                              WHEN r.a IS NOT NULL AND f.cycle THEN CASE WHEN f.increment > 0 THEN f.min ELSE f.max END END,
           'unread', u.unread,
           'owned_by', CASE WHEN f.owner_table IS NOT NULL THEN jsonb_build_object('schema', f.owner_schema, 'name', f.owner_table) END,
           'owned_by_column', f.owner_column)),
       CASE WHEN u.unread IS NULL THEN NULL WHEN r.state = '55P03' THEN 'lock' WHEN r.state IS NULL OR r.state = '42501' THEN 'privilege' ELSE 'other' END
  FROM found f
  LEFT JOIN read r ON r.relation = f.relation
 CROSS JOIN LATERAL (
    SELECT CASE WHEN f.query IS NULL THEN 'no USAGE or SELECT privilege on the sequence'
                WHEN r.state IS NOT NULL THEN @extschema@.fc_error(r.state, r.message, r.detail)
                WHEN r.a IS NULL THEN 'its position before the first value can be read only with USAGE on its schema and SELECT on the sequence' END AS unread OFFSET 0) u
$fn$;
