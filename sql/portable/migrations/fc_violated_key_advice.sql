-- Returns how to find the rows that violate a foreign key on which a migration failed.
CREATE FUNCTION @extschema@.fc_violated_key_advice(key jsonb) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    child text; parent text;
BEGIN
    child := (SELECT format('%I.%I', r.schema, r.relation) FROM @extschema@.fc_relation_in_schema(key ->> 'schema', key ->> 'child') r);
    parent := (SELECT format('%I.%I', r.schema, r.relation) FROM @extschema@.fc_relation_in_schema(key ->> 'schema', key ->> 'parent') r);
    IF child IS NOT NULL AND parent IS NOT NULL THEN
        RETURN ARRAY['it will fail on the same rows until they are repaired', format('to count them: SELECT * FROM @extschema@.fk_precheck(%s, ARRAY[%s], %s);',
            @extschema@.fc_literal(child), (SELECT string_agg(@extschema@.fc_literal(c), ', ') FROM jsonb_array_elements_text(key -> 'columns') c), @extschema@.fc_literal(parent))];
    END IF;
    RETURN ARRAY['it will fail on the same rows until they are repaired: ' || CASE WHEN key ? 'child'
        THEN format('fk_precheck(%s, …) counts them', @extschema@.fc_literal(concat_ws('.', CASE WHEN key ->> 'schema' ~ '^[a-z_][a-z0-9_]*$' THEN key ->> 'schema' ELSE '"' || replace(key ->> 'schema', '"', '""') || '"' END,
                                                                          CASE WHEN key ->> 'child' ~ '^[a-z_][a-z0-9_]*$' THEN key ->> 'child' ELSE '"' || replace(key ->> 'child', '"', '""') || '"' END)))
        ELSE format('fk_precheck(…) on the table of %s counts them', CASE WHEN key ->> 'constraint' ~ '^[a-z_][a-z0-9_]*$' THEN key ->> 'constraint' ELSE '"' || replace(key ->> 'constraint', '"', '""') || '"' END) END];
END $fn$;
