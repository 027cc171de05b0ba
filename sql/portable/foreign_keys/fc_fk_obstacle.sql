-- Returns why the rows of a foreign key's tables cannot be read, and the grants that change that;
-- no row if they can.
CREATE FUNCTION @extschema@.fc_fk_obstacle(f jsonb)
RETURNS TABLE (reason text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH side AS (
    SELECT s.no, s.oid, s.name, s.numbers FROM (VALUES
        (1, (f ->> 'child')::oid, f ->> 'child_name', ARRAY(SELECT jsonb_array_elements_text(f -> 'child_numbers')::int2)),
        (2, (f ->> 'parent')::oid, f ->> 'parent_name', ARRAY(SELECT jsonb_array_elements_text(f -> 'parent_numbers')::int2))) s (no, oid, name, numbers)
), refusal AS (
    SELECT s.no, s.name || ': ' || u.reason AS reason, u.fix FROM side s CROSS JOIN LATERAL @extschema@.fc_unreadable(s.oid, s.numbers) u
    UNION ALL
    SELECT s.no, l.name || ': ' || l.reason, NULL FROM side s
     CROSS JOIN LATERAL (SELECT @extschema@.fc_relation(i.relid) AS name, @extschema@.fc_foreign_code(i.relid) AS reason FROM pg_partition_tree(s.oid) i
                          WHERE i.relid <> s.oid AND @extschema@.fc_foreign_code(i.relid) IS NOT NULL LIMIT 1) l
    UNION ALL
    -- A conversion by a function of the type's owner would run with the caller's rights.
    SELECT s.no, format('%s: the type of %I converts by a function that is not the server''s: SET ROLE %I; then run this again', s.name, a.attname, pg_get_userbyid(c.relowner)), NULL
      FROM side s JOIN pg_class c ON c.oid = s.oid JOIN pg_roles o ON o.oid = c.relowner AND o.rolname <> current_user AND NOT o.rolsuper
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (s.numbers)
     WHERE EXISTS (SELECT FROM pg_cast t WHERE t.castsource = a.atttypid AND t.oid >= 16384)
)
SELECT string_agg(r.reason, '; ' ORDER BY r.no), nullif(string_agg(r.fix, ' ' ORDER BY r.no), '') FROM refusal r HAVING count(*) > 0
$fn$;
