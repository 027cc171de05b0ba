-- Returns why the current user cannot move the sequence past the ids in these columns, with every
-- missing GRANT, as src/sequences/grants.rs does; NULL if the user can. Reading the position takes
-- SELECT here.
CREATE FUNCTION @extschema@.fc_seq_grants(sequence oid, relations oid[], attributes int2[])
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH c AS MATERIALIZED (
    SELECT * FROM @extschema@.fc_seq_columns(relations, attributes)
), missing AS (
    SELECT 1 AS part, NULL::text AS name, m.reason, m.granted
      FROM (SELECT p.privilege, format('no %s privilege on the sequence', p.privilege) AS reason, format('%s ON SEQUENCE %s', p.privilege, @extschema@.fc_relation(sequence)) AS granted
              FROM unnest('{UPDATE,SELECT}'::text[]) p (privilege) WHERE NOT has_sequence_privilege(sequence, p.privilege)) m
    UNION ALL
    SELECT DISTINCT 2, c.schema_name::text, format('no USAGE privilege on schema %I', c.schema_name), format('USAGE ON SCHEMA %I', c.schema_name)
      FROM c WHERE NOT has_schema_privilege(c.schema_name, 'USAGE')
    UNION ALL
    SELECT 3, c.tab, format('no SELECT privilege on %s (%s)', c.tab, string_agg(c.col, ', ' ORDER BY c.place)), format('SELECT (%s) ON %s', string_agg(c.col, ', ' ORDER BY c.place), c.tab)
      FROM c WHERE NOT has_column_privilege(c.relation, c.attribute, 'SELECT') GROUP BY c.tab
)
SELECT nullif(concat_ws('; ',
    (SELECT string_agg(format('row security hides rows of %s from this user', r.tab), '; ' ORDER BY r.place)
       FROM (SELECT c.tab, min(c.place) AS place FROM c WHERE c.hidden = 'rows' OR row_security_active(c.relation) GROUP BY c.tab) r),
    (SELECT string_agg(m.reason, ', ' ORDER BY m.part, m.name) || ': ' || string_agg(format('GRANT %s TO %I', m.granted, current_user), '; ' ORDER BY m.part, m.name) FROM missing m)), '')
$fn$;
