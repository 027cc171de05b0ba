-- Finds constraints that are not valid or not enforced, as src/checks/constraints.rs does.
CREATE FUNCTION @extschema@.fc_check_constraints(schemas oid[])
RETURNS TABLE (severity text, check_name text, object text, detail text, fix text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN k.is_enforced THEN 'warning' ELSE 'info' END, CASE WHEN k.is_enforced THEN 'constraint_not_valid' ELSE 'constraint_not_enforced' END,
       format('constraint %I on %s %I.%I', k.name, CASE WHEN k.is_domain THEN 'domain' ELSE 'table' END, k.schema_name, k.owner_name),
       CASE WHEN NOT k.is_enforced THEN 'it is NOT ENFORCED: rows may violate it; ' || CASE WHEN current_setting('server_version_num')::int >= 190000
                THEN 'ALTER CONSTRAINT … ENFORCED reads all rows while it blocks all access to the table' ELSE 'to enforce it, drop it and add it again' END
            ELSE format('it was added NOT VALID: older rows may violate it; VALIDATE checks them without blocking writers, and fails with %s if one does', CASE WHEN k.is_not_null THEN '23502' ELSE '23514' END) END,
       CASE WHEN k.is_enforced THEN format('ALTER %s %I.%I VALIDATE CONSTRAINT %I;', CASE WHEN k.is_domain THEN 'DOMAIN' ELSE 'TABLE' END, k.schema_name, k.owner_name, k.name) END
  FROM (
       @queries/constraints_not_valid.sql@
       ) k (schema_name, owner_name, name, is_domain, is_enforced, is_not_null)
$fn$;
