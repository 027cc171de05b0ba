-- Returns the statement that lists the orphans and, as comments, those that repair them.
CREATE FUNCTION @extschema@.fc_fk_choices(f jsonb, answer jsonb) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    choices text[] := ARRAY[@extschema@.fc_one_line(format('SELECT c.* FROM %s c WHERE %s;', f ->> 'child_rows', f ->> 'orphaned'))];
    nulls text; statement text;
BEGIN
    IF answer ->> 'dependents' IS NOT NULL THEN choices := choices || ('-- The DELETE also changes other rows: ' || @extschema@.fc_one_line(answer ->> 'dependents')); END IF;
    choices := choices || ('-- ' || @extschema@.fc_one_line(format('DELETE FROM %s c WHERE %s;', f ->> 'child_rows', f ->> 'orphaned')));
    SELECT CASE WHEN NOT (f ->> 'is_match_full')::boolean THEN (array_agg(format('%I = NULL', n.name) ORDER BY n.no DESC) FILTER (WHERE m.may))[1]
                WHEN bool_and(m.may) THEN string_agg(format('%I = NULL', n.name), ', ' ORDER BY n.no) END INTO nulls
      FROM jsonb_array_elements_text(f -> 'child_names') WITH ORDINALITY n (name, no)
     CROSS JOIN LATERAL (SELECT NOT (f -> 'child_not_null' ->> (n.no - 1)::int)::boolean AND NOT (f -> 'child_generated' ->> (n.no - 1)::int)::boolean) m (may);
    IF nulls IS NOT NULL THEN choices := choices || ('-- ' || @extschema@.fc_one_line(format('UPDATE %s c SET %s WHERE %s;', f ->> 'child_rows', nulls, f ->> 'orphaned'))); END IF;
    IF NOT f -> 'parent_generated' @> 'true' THEN
        statement := format('INSERT INTO %s (%s) %sSELECT %s FROM %s c WHERE %s AND %s ON CONFLICT DO NOTHING;', f ->> 'parent_name', f ->> 'parent_columns',
            CASE WHEN f -> 'parent_identity' @> 'true' THEN 'OVERRIDING SYSTEM VALUE ' ELSE '' END,
            (SELECT string_agg(format('c.%I', n.name), ', ' ORDER BY n.no) FROM jsonb_array_elements_text(f -> 'child_names') WITH ORDINALITY n (name, no)),
            f ->> 'child_rows', f ->> 'all_tests', f ->> 'has_no_parent');
        choices := choices || ('-- ' || @extschema@.fc_one_line(statement));
        IF answer ->> 'resync' IS NOT NULL THEN choices := choices || ('-- ' || @extschema@.fc_one_line(answer ->> 'resync')); END IF;
    END IF;
    RETURN choices;
END $fn$;
