-- Describes columns, given as relations and attributes, with what reading them takes.
--
-- id_type: number, numeric or text; NULL if values do not come out as they went in
-- type_low, type_high: the type's range; bound_low, bound_high: that of CHECK constraints
-- nulls: the placement of nulls with which the index is read backwards for an ascending sequence
-- weight: how many locks reading takes
-- hidden: schema, column or rows, if the caller lacks the privilege
-- risk: what of the table's owner reading would run with the caller's rights. Planning a query
--       evaluates expressions and predicates of indexes, expressions of statistics, and operators of
--       operator classes; a foreign table runs its wrapper. The owner's own rights, and a
--       superuser's, cannot be abused in this way. CHECK constraints and partition bounds are not
--       evaluated with constraint_exclusion = off, which fc_read sets.
CREATE FUNCTION @extschema@.fc_seq_columns(relations oid[], attributes int2[])
RETURNS TABLE (place bigint, relation oid, attribute int2, schema_name name, tab text, col text, label text,
    relkind "char", is_permanent boolean, is_partition boolean, is_other_temp boolean, is_heap boolean, owner oid, pages bigint,
    identity "char", is_inherited boolean, type_oid oid, id_type text, type_low numeric, type_high numeric, bound_low numeric, bound_high numeric,
    has_index boolean, is_unique boolean, nulls text, weight int, hidden text, risk text, distributed text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT u.place, c.oid, a.attnum, n.nspname, t.tab, quote_ident(a.attname), t.tab || '.' || quote_ident(a.attname),
       c.relkind, c.relpersistence = 'p', c.relispartition, pg_is_other_temp_schema(n.oid), c.relam = 2, c.relowner,
       CASE WHEN c.reltuples >= 0 AND (c.reltuples > 0 OR c.relpages > 0) THEN c.relpages END,
       a.attidentity, a.attinhcount > 0, a.atttypid, h.id_type, r.low, r.high, b.bounds[1], b.bounds[2],
       coalesce(i.has_index, false), coalesce(i.is_unique, false),
       CASE WHEN (i.option & 1 = 1) = (i.option & 2 = 2) THEN 'FIRST' ELSE 'LAST' END,
       2 + coalesce(i.indexes, 0)::int,
       CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN 'schema'
            WHEN NOT has_column_privilege(c.oid, a.attnum, 'SELECT') THEN 'column'
            WHEN c.relrowsecurity AND row_security_active(c.oid) THEN 'rows' END,
       CASE WHEN c.relowner = ANY (ARRAY(SELECT o.oid FROM pg_roles o WHERE o.rolsuper OR o.rolname = current_user)) THEN NULL
            WHEN c.relkind = 'f' THEN 'foreign-data wrapper'
            WHEN i.has_code THEN 'indexes'
            WHEN EXISTS (SELECT FROM pg_statistic_ext s WHERE s.stxrelid = c.oid AND to_jsonb(s) ->> 'stxexprs' IS NOT NULL) THEN 'statistics'
            WHEN EXISTS (SELECT FROM pg_attribute g WHERE g.attrelid = c.oid AND g.attgenerated = 'v') THEN 'generated columns' END,
       CASE WHEN d.distributed IS NULL THEN 'could not determine whether Citus has distributed the table: permission denied for table pg_dist_partition'
            WHEN c.oid = ANY (d.distributed) THEN 'Citus has distributed the table: its rows are in other tables, on other nodes' END
  FROM unnest(relations, attributes) WITH ORDINALITY u (relation, attribute, place)
 CROSS JOIN (SELECT @extschema@.fc_distributed() AS distributed OFFSET 0) d
  JOIN pg_class c ON c.oid = u.relation
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.attribute AND NOT a.attisdropped
 CROSS JOIN LATERAL (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS tab OFFSET 0) t
 CROSS JOIN LATERAL (
    SELECT CASE WHEN a.atttypid IN (20, 21, 23) THEN ARRAY[a.atttypid::bigint, -1]
                WHEN a.atttypid < 16384::oid THEN ARRAY[a.atttypid::bigint, a.atttypmod]
                ELSE @extschema@.fc_base_type(a.atttypid, a.atttypmod) END AS base OFFSET 0) y
 CROSS JOIN LATERAL (
    -- Precision and scale of a numeric; the scale is a signed number of 11 bits.
    SELECT CASE WHEN y.base[2] >= 4 THEN (y.base[2] - 4) >> 16 END AS digits,
           CASE WHEN y.base[2] >= 4 THEN (((y.base[2] - 4) & 2047) # 1024) - 1024 END AS scale) m
 CROSS JOIN LATERAL (
    SELECT CASE WHEN y.base[1] IN (20, 21, 23) THEN 'number'
                WHEN y.base[1] = 1700 AND coalesce(m.scale, 0) >= 0 THEN 'numeric'
                WHEN y.base[1] IN (25, 1043)
                     AND (a.attcollation IN (0, 100, 950) OR (SELECT o.collisdeterministic FROM pg_collation o WHERE o.oid = a.attcollation)) THEN 'text' END AS id_type) h
 CROSS JOIN LATERAL (
    SELECT CASE y.base[1] WHEN 21 THEN -32768 WHEN 23 THEN -2147483648
                WHEN 1700 THEN CASE WHEN m.digits - m.scale < 19 THEN 1 - round(10::numeric ^ greatest(m.digits - m.scale, 0)) ELSE -9223372036854775808 END
                WHEN 1043 THEN CASE WHEN y.base[2] - 4 < 20 AND y.base[2] >= 4 THEN 1 - round(10::numeric ^ greatest(y.base[2] - 5, 0)) ELSE -9223372036854775808 END
                ELSE -9223372036854775808 END AS low,
           CASE y.base[1] WHEN 21 THEN 32767 WHEN 23 THEN 2147483647
                WHEN 1700 THEN CASE WHEN m.digits - m.scale < 19 THEN round(10::numeric ^ greatest(m.digits - m.scale, 0)) - 1 ELSE 9223372036854775807 END
                WHEN 1043 THEN CASE WHEN y.base[2] - 4 < 19 AND y.base[2] >= 4 THEN round(10::numeric ^ (y.base[2] - 4)) - 1 ELSE 9223372036854775807 END
                ELSE 9223372036854775807 END AS high) r
 CROSS JOIN LATERAL (
    SELECT CASE WHEN a.atttypid >= 16384::oid
                  OR EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey))
                THEN @extschema@.fc_check_bounds(c.oid, a.attnum, a.atttypid) END AS bounds OFFSET 0) b
  LEFT JOIN LATERAL (
    SELECT bool_or(f.is_usable) AS has_index, bool_or(f.is_usable AND x.indisunique AND x.indnkeyatts = 1) AS is_unique,
           (array_agg(x.indoption[0] ORDER BY x.indisunique AND x.indnkeyatts = 1 DESC) FILTER (WHERE f.is_usable))[1] AS option,
           bool_or(x.indexprs IS NOT NULL OR x.indpred IS NOT NULL
                   OR EXISTS (SELECT FROM unnest(x.indclass::oid[]) k (class) JOIN pg_opclass q ON q.oid = k.class
                               WHERE k.class >= 16384::oid
                                 AND NOT EXISTS (SELECT FROM pg_roles o WHERE o.oid = q.opcowner AND o.rolsuper))) AS has_code,
           count(*) AS indexes
      FROM pg_index x
      JOIN pg_class xc ON xc.oid = x.indexrelid
     CROSS JOIN LATERAL (
        SELECT xc.relam = 403 AND x.indisvalid AND x.indisready AND x.indpred IS NULL AND x.indkey[0] = a.attnum AS is_usable) f
     WHERE x.indrelid = c.oid) i ON true
$fn$;
