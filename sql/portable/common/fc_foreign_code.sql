-- Returns why a query over the table could run code of another role with the caller's rights; NULL
-- if it cannot. The planner evaluates what an owner has put into indexes, statistics and partition
-- keys, and operators of operator classes run with the query. Check constraints are left out: run
-- the query with constraint_exclusion off. Superusers and the caller could run anything anyway.
CREATE FUNCTION @extschema@.fc_foreign_code(relation oid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT format('the table belongs to role %I and has %s, which reading it here would run with the rights of %I: SET ROLE %I; then run this again',
              o.rolname, f.feature, current_user, o.rolname)
  FROM pg_class c
  JOIN pg_roles o ON o.oid = c.relowner
 CROSS JOIN LATERAL (
    SELECT 'rules' AS feature WHERE c.relhasrules
    UNION ALL SELECT 'indexes with expressions or conditions' WHERE EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL))
    UNION ALL SELECT 'indexes with operator classes of its own' WHERE EXISTS (SELECT FROM pg_index i, unnest(i.indclass::oid[]) u (oid) WHERE i.indrelid = c.oid AND u.oid >= 16384)
    UNION ALL SELECT 'statistics on expressions' WHERE EXISTS (SELECT FROM pg_statistic_ext s WHERE s.stxrelid = c.oid AND to_jsonb(s) ->> 'stxexprs' IS NOT NULL)
    UNION ALL SELECT 'a partition key with expressions or operator classes of its own' WHERE EXISTS (
        SELECT FROM pg_partitioned_table p WHERE p.partrelid = c.oid AND (p.partexprs IS NOT NULL OR EXISTS (SELECT FROM unnest(p.partclass::oid[]) u (oid) WHERE u.oid >= 16384)))
    UNION ALL SELECT 'child tables' WHERE c.relkind <> 'p' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid)
    UNION ALL SELECT 'virtual generated columns' WHERE EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated = 'v')
    UNION ALL SELECT 'an access method of its own' WHERE c.relam NOT IN (0, 2)
    LIMIT 1) f
 WHERE c.oid = relation AND o.rolname <> current_user AND NOT o.rolsuper
$fn$;
