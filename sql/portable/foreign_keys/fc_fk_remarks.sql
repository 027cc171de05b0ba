-- Returns the remarks about a default without a matching row and about tables that inherit.
CREATE FUNCTION @extschema@.fc_fk_remarks(f jsonb, answer jsonb) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT array_remove(ARRAY[
    CASE WHEN answer -> 'default' <> 'null' THEN format('the default %s of %s %s no matching row in %s: %s', (SELECT string_agg(d, ', ') FROM jsonb_array_elements_text(answer -> 'default') d),
        f ->> 'child_columns', CASE WHEN jsonb_array_length(f -> 'child_names') = 1 THEN 'has' ELSE 'have' END, f ->> 'parent_name',
        CASE WHEN (f ->> 'sets_default')::boolean THEN 'SET DEFAULT fails' ELSE 'an INSERT that omits it fails' END) END,
    CASE WHEN (f ->> 'child_inherits')::boolean THEN format('rows of tables that inherit from %s are not checked', f ->> 'child_name') END,
    CASE WHEN (f ->> 'parent_inherits')::boolean THEN format('rows of tables that inherit from %s do not count as its rows', f ->> 'parent_name') END], NULL)
$fn$;
