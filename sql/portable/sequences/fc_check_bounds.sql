-- Returns the range that the CHECK constraints of a table and of the column's domain leave a
-- column, as src/sequences/check_bounds.rs does: comparisons with a constant, joined by AND.
CREATE FUNCTION @extschema@.fc_check_bounds(relation oid, attribute int2, type oid)
RETURNS numeric[] LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    low numeric := -9223372036854775808;
    high numeric := 9223372036854775807;
    pending text[];
    tree text;
    hit text[];
    nodes text[];
    strategy int;
    number numeric;
    subject CONSTANT text := '^(?:\{RELABELTYPE :arg )?(?:\{COERCETODOMAINVALUE |\{VAR [^{}]*:varattno ' || attribute || ' [^{}]*:varlevelsup 0)';
BEGIN
    pending := ARRAY(
        SELECT k.conbin::text FROM pg_constraint k
         WHERE k.conrelid = relation AND k.contype = 'c' AND attribute = ANY (k.conkey)
           AND to_jsonb(k) ->> 'conenforced' IS DISTINCT FROM 'false')
        || CASE WHEN type >= 16384::oid THEN ARRAY(
            SELECT q.tree FROM (
                @queries/domain_checks.sql(type)@
            ) q (tree)) END;
    WHILE cardinality(pending) > 0 LOOP
        tree := pending[1];
        pending := pending[2:];
        IF starts_with(tree, '{BOOLEXPR :boolop and ') THEN
            hit := regexp_match(tree, '^\{BOOLEXPR :boolop and :args \((.*)$');
            pending := pending || CASE WHEN hit IS NOT NULL THEN @extschema@.fc_tree_nodes(hit[1]) ELSE '{}' END;
            CONTINUE;
        END IF;
        hit := regexp_match(tree, '^\{OPEXPR :opno (\d+) [^{}]*:args \((.*)$');
        CONTINUE WHEN hit IS NULL;
        nodes := @extschema@.fc_tree_nodes(hit[2]);
        CONTINUE WHEN cardinality(nodes) <> 2;
        strategy := (SELECT min(m.amopstrategy) FROM pg_amop m
                      WHERE m.amopopr = hit[1]::oid AND m.amopfamily IN (1976, 1988) AND m.amoppurpose = 's');
        IF nodes[1] ~ subject THEN
            number := @extschema@.fc_tree_number(nodes[2]);
        ELSIF nodes[2] ~ subject THEN
            number := @extschema@.fc_tree_number(nodes[1]);
            strategy := 6 - strategy;
        ELSE
            CONTINUE;
        END IF;
        CONTINUE WHEN number IS NULL OR strategy IS NULL;
        high := least(high, CASE strategy WHEN 1 THEN number - 1 WHEN 2 THEN number WHEN 3 THEN number ELSE high END);
        low := greatest(low, CASE strategy WHEN 5 THEN number + 1 WHEN 4 THEN number WHEN 3 THEN number ELSE low END);
    END LOOP;
    IF low = -9223372036854775808 AND high = 9223372036854775807 THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY[low, high];
END $fn$;
