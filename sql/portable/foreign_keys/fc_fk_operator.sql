-- Returns the operator by which a foreign key compares a column with the column that it refers to,
-- whose operator class is given, as core finds it (ATAddForeignKeyConstraint); NULL if there is
-- none.
CREATE FUNCTION @extschema@.fc_fk_operator(class oid, parent_type oid, child_type oid) RETURNS oid
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
WITH side AS (
    SELECT p.typtype AS parent_kind, p.oid AS parent, c.oid AS child, c.typtype AS child_kind, p.typelem <> 0 AND p.typlen = -1 AS parent_is_array, c.typelem <> 0 AND c.typlen = -1 AS child_is_array
      FROM pg_type p, pg_type c WHERE p.oid = @extschema@.fc_type_below(parent_type) AND c.oid = @extschema@.fc_type_below(child_type)
), chosen AS (
    SELECT k.opcfamily, k.opcintype, s.* FROM side s CROSS JOIN pg_opclass k
     WHERE CASE WHEN class IS NOT NULL THEN k.oid = class
                ELSE k.opcmethod = 403 AND k.opcdefault AND k.opcintype IN (s.parent, CASE WHEN s.parent = 1043 THEN 25 END, CASE s.parent_kind WHEN 'e' THEN 3500 WHEN 'r' THEN 3831 WHEN 'm' THEN 4537 WHEN 'c' THEN 2249 ELSE CASE WHEN s.parent_is_array THEN 2277 END END) END
     ORDER BY k.opcintype = s.parent DESC LIMIT 1
)
SELECT coalesce(
    (SELECT a.amopopr FROM chosen k JOIN pg_amop a ON a.amopfamily = k.opcfamily AND a.amoplefttype = k.opcintype AND a.amoprighttype = k.child AND a.amopstrategy = 3),
    (SELECT a.amopopr FROM chosen k JOIN pg_amop a ON a.amopfamily = k.opcfamily AND a.amoplefttype = k.opcintype AND a.amoprighttype = k.opcintype AND a.amopstrategy = 3
      WHERE k.child = k.opcintype OR EXISTS (SELECT FROM pg_cast t WHERE t.castsource = k.child AND t.casttarget = k.opcintype AND t.castcontext = 'i')
         OR k.opcintype IN (3500, 3831, 4537, 2277, 2249) AND k.parent = k.child))
$fn$;
