-- Returns where the values of columns are stored: in the table itself, or in the leaves of a
-- partitioned one, which are described as fc_seq_columns does.
CREATE FUNCTION @extschema@.fc_seq_storages(relations oid[], attributes int2[])
RETURNS TABLE (root bigint, relation oid, attribute int2, tab text, col text, relkind "char", is_heap boolean, pages bigint,
    id_type text, has_index boolean, nulls text, weight int, risk text, trees oid[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    leaves record;
BEGIN
    SELECT coalesce(array_agg(x.root), '{}') AS roots, coalesce(array_agg(x.relation), '{}') AS relations,
           coalesce(array_agg(x.attribute), '{}') AS attributes, coalesce(array_agg(x.trees), '{}') AS trees
      INTO leaves
      FROM (
        WITH RECURSIVE tree AS (
            SELECT u.place AS root, u.relation, a.attname
              FROM unnest(relations, attributes) WITH ORDINALITY u (relation, attribute, place)
              JOIN pg_class c ON c.oid = u.relation AND c.relkind = 'p'
              JOIN pg_attribute a ON a.attrelid = u.relation AND a.attnum = u.attribute
            UNION ALL
            SELECT t.root, i.inhrelid, t.attname FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation
        )
        SELECT t.root, t.relation, a.attnum AS attribute, c.relkind,
               string_agg(CASE WHEN c.relkind = 'p' THEN t.relation::text END, ',') OVER (PARTITION BY t.root) AS trees
          FROM tree t JOIN pg_class c ON c.oid = t.relation
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = t.attname) x
     WHERE x.relkind <> 'p';
    RETURN QUERY
    SELECT s.place, s.relation, s.attribute, s.tab, s.col, s.relkind, s.is_heap, s.pages, s.id_type, s.has_index, s.nulls, s.weight, s.risk, '{}'::oid[]
      FROM @extschema@.fc_seq_columns(relations, attributes) s WHERE s.relkind <> 'p'
    UNION ALL
    SELECT leaves.roots[s.place], s.relation, s.attribute, s.tab, s.col, s.relkind, s.is_heap, s.pages, s.id_type, s.has_index, s.nulls, s.weight, s.risk,
           string_to_array(leaves.trees[s.place], ',')::oid[]
      FROM @extschema@.fc_seq_columns(leaves.relations, leaves.attributes) s
     WHERE cardinality(leaves.relations) > 0;
END $fn$;
