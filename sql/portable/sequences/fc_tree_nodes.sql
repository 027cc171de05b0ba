-- Returns the nodes of a list such as {…} {…} in a pg_node_tree, up to the list's end, as
-- src/sequences/node_tree.rs does.
CREATE FUNCTION @extschema@.fc_tree_nodes(list text)
RETURNS text[] LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    nodes text[] := '{}';
    node text := '';
    depth int := 0;
    part text;
BEGIN
    FOR part IN SELECT m[1] FROM regexp_matches(list, E'((?:[^{})\\\\]|\\\\.)+|[{})])', 'g') m LOOP
        EXIT WHEN part = ')' AND depth = 0;
        depth := depth + CASE part WHEN '{' THEN 1 WHEN '}' THEN -1 ELSE 0 END;
        IF depth > 0 OR part = '}' THEN
            node := node || part;
        END IF;
        IF depth = 0 AND part = '}' THEN
            nodes := nodes || node;
            node := '';
        END IF;
    END LOOP;
    RETURN nodes;
END $fn$;
