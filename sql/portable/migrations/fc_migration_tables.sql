-- Returns every relation that is a migration tool's, or has a name that only such a tool gives,
-- with the layout that it fits, as src/migrations/discover.rs does. is_whole is false for a
-- relation that only has the name; lacking is then a column.
CREATE FUNCTION @extschema@.fc_migration_tables()
RETURNS TABLE (relation oid, schema_name text, table_name text, kind "char", place int, judge text, tool text, layout_tool text, part text,
    reads text[], is_whole boolean, lacking text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    fc_keys name[] := (SELECT array_agg(DISTINCT split_part(l.columns[1], ':', 1)::name) FROM @extschema@.fc_migration_layouts() l WHERE l.mark IN ('Columns', 'ColumnsAlone', 'NameWith'));
    fc_names name[] := (SELECT array_agg(DISTINCT n.name::name) FROM @extschema@.fc_migration_layouts() l, unnest(l.own_names || l.shared_names) n (name));
BEGIN
    RETURN QUERY
    WITH attribute AS MATERIALIZED (
        SELECT a.* FROM (
            @queries/migration_history_columns.sql(fc_keys; fc_names)@
            ) found (oids, schemas, tables, kinds, names, types, modifiers),
            unnest(found.oids, found.schemas, found.tables, found.kinds, found.names, found.types, found.modifiers)
                a (oid, schema_name, table_name, kind, name, type, modifier)
    ), candidate AS MATERIALIZED (
        SELECT a.oid, min(a.schema_name) AS schema_name, min(a.table_name) AS table_name, min(a.kind::text)::"char" AS kind, count(DISTINCT a.name) AS width,
               array_agg(a.name || ':' || f.family) AS columns
          FROM attribute a
         CROSS JOIN LATERAL (
            SELECT 'T' WHERE a.type IN (25, 1043, 1042) UNION ALL SELECT 'V' || (a.modifier - 4) WHERE a.type = 1043 AND a.modifier > 4
            UNION ALL SELECT 'I' WHERE a.type IN (20, 21, 23) UNION ALL SELECT 'B' WHERE a.type = 20 UNION ALL SELECT 'b' WHERE a.type = 16
            UNION ALL SELECT 't' WHERE a.type IN (1114, 1184) UNION ALL SELECT 'y' WHERE a.type = 17 UNION ALL SELECT 'X' WHERE a.type = 1009
            UNION ALL SELECT 'J' WHERE a.type = 3802 UNION ALL SELECT 'N' WHERE a.type = 19 UNION ALL SELECT '-') f (family)
         GROUP BY a.oid
    ), fit AS (
        SELECT DISTINCT ON (c.oid) c.*, l.place, l.judge, l.tool, l.part, l.reads, c.columns @> l.columns AS is_whole,
               (SELECT split_part(n.name, ':', 1) FROM unnest(l.columns) WITH ORDINALITY n (name, no) WHERE NOT n.name = ANY (c.columns) ORDER BY n.no LIMIT 1) AS lacking
          FROM candidate c JOIN @extschema@.fc_migration_layouts() l
            ON c.table_name = ANY (l.own_names)
               AND (NOT c.columns @> l.columns OR l.mark <> 'SharedName')
            OR c.columns @> l.columns AND CASE l.mark
               WHEN 'Columns' THEN true
               WHEN 'ColumnsAlone' THEN c.width = cardinality(l.columns)
               WHEN 'SharedName' THEN c.width = cardinality(l.columns) AND c.table_name = ANY (l.shared_names)
               WHEN 'NameWith' THEN c.width = cardinality(l.columns) AND EXISTS (SELECT FROM unnest(l.words) w (word) WHERE strpos(c.table_name, w.word) > 0)
               WHEN 'MigrationName' THEN c.width = cardinality(l.columns) AND (c.table_name = ANY (l.shared_names) OR strpos(c.table_name, 'migrat') > 0)
               ELSE false END
         ORDER BY c.oid, c.columns @> l.columns DESC, l.place
    )
    SELECT f.oid, f.schema_name, f.table_name, f.kind, f.place, f.judge,
           CASE WHEN f.tool = 'Rails (ActiveRecord)' AND f.part = 'history'
                     AND NOT EXISTS (SELECT FROM fit m WHERE m.tool = f.tool AND m.part = 'metadata' AND m.schema_name = f.schema_name)
                THEN 'Rails (ActiveRecord) or dbmate' ELSE f.tool END, f.tool, f.part, f.reads, f.is_whole, f.lacking
      FROM fit f
     -- A lock of Knex's is named after its history.
     WHERE f.tool <> 'Knex' OR f.part <> 'lock' OR f.table_name = 'knex_migrations_lock'
        OR EXISTS (SELECT FROM fit h WHERE h.tool = 'Knex' AND h.part = 'history' AND h.schema_name = f.schema_name AND f.table_name = h.table_name || '_lock');
END $fn$;
