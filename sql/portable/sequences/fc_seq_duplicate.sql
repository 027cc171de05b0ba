-- Returns which unique index or exclusion constraint may reject a value that is already in the
-- column, if none is on only this column; NULL if it would be stored.
CREATE FUNCTION @extschema@.fc_seq_duplicate(relation oid, attribute int2)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT format(CASE u.how WHEN 'i' THEN 'unique index %I contains it, but is invalid and may lack rows'
                         WHEN 'x' THEN 'exclusion constraint %I contains it'
                         WHEN 'p' THEN 'unique index %I contains it, but only for rows that meet its condition'
                         WHEN 'c' THEN 'unique index %I contains it along with other columns'
                         ELSE 'an expression of unique index %I contains it' END, c.relname)
  FROM (
    @queries/nearest_unique_index.sql@
  ) u (oid, how)
  JOIN pg_class c ON c.oid = u.oid
$fn$;
