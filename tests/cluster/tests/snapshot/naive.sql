-- A comparison as one would write it by hand: each value that differs, with its path.
CREATE SCHEMA naive;
CREATE FUNCTION naive.leaves(jsonb) RETURNS TABLE (path text[], value jsonb) LANGUAGE sql AS $$
    WITH RECURSIVE walk (path, value) AS (
        SELECT '{}'::text[], $1
        UNION ALL
        SELECT path || each.key, each.value FROM walk, LATERAL (
            SELECT key, value FROM jsonb_each(CASE jsonb_typeof(walk.value) WHEN 'object' THEN walk.value ELSE '{}' END)
            UNION ALL
            SELECT ordinality::text, value FROM jsonb_array_elements(CASE jsonb_typeof(walk.value) WHEN 'array' THEN walk.value ELSE '[]' END) WITH ORDINALITY
        ) AS each
    )
    SELECT path, value FROM walk WHERE jsonb_typeof(value) NOT IN ('object', 'array')
$$;
CREATE FUNCTION naive.compare(source jsonb, target jsonb) RETURNS TABLE (object text) LANGUAGE sql AS $$
    SELECT array_to_string(path, '.') FROM naive.leaves($1) s FULL JOIN naive.leaves($2) t USING (path)
    WHERE s.value IS DISTINCT FROM t.value AND path[1] NOT IN ('identity', 'taken_at')
$$;
