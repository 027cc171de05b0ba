-- Returns the foreign keys that lack something which enforces them, a trigger or the constraint of
-- a partition: the constraint that fk_audit reports, the table that is not checked, whether it is
-- on the referencing side, and the definition to add the constraint again.
--
-- A foreign key has two triggers on the referencing table (RI_FKey_check_ins, RI_FKey_check_upd)
-- and two on the referenced table, for deleted and for updated rows. A partition of the referencing
-- table has the former by a constraint of its own, a partition of the referenced table the latter.
-- Before 15.9 and 16.5, DETACH PARTITION left some of them out.
WITH RECURSIVE tree AS (
        SELECT k.oid AS top, k.oid, 0::pg_catalog.oid AS up, k.conrelid AS child, k.confrelid AS parent,
               true AS is_childs, true AS is_parents
          FROM pg_catalog.pg_constraint k
         WHERE k.contype OPERATOR(pg_catalog.=) 'f'
           AND k.conparentid OPERATOR(pg_catalog.=) 0
           AND CASE WHEN pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog.>=) 180000
                    THEN (pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced')::pg_catalog.bool
                    ELSE true END
         UNION ALL
        SELECT tree.top, k.oid, tree.oid, k.conrelid, k.confrelid,
               k.conrelid OPERATOR(pg_catalog.<>) tree.child, k.confrelid OPERATOR(pg_catalog.<>) tree.parent
          FROM tree
          JOIN pg_catalog.pg_constraint k
            ON k.conparentid OPERATOR(pg_catalog.=) tree.oid
           AND k.contype OPERATOR(pg_catalog.=) 'f'
), fired AS (
        SELECT t.tgconstraint AS key, t.tgrelid AS relation,
               pg_catalog.count(DISTINCT t.tgfoid) FILTER (WHERE t.tgfoid OPERATOR(pg_catalog.=) ANY ('{1644,1645}'::pg_catalog.oid[])) AS checks,
               -- CASCADE, RESTRICT, SET NULL, SET DEFAULT, NO ACTION: their functions for deleted
               -- rows have even OIDs, those for updated rows odd ones.
               pg_catalog.count(DISTINCT t.tgfoid::pg_catalog.int8 OPERATOR(pg_catalog.%) 2)
                   FILTER (WHERE t.tgfoid OPERATOR(pg_catalog.>=) 1646::pg_catalog.oid AND t.tgfoid OPERATOR(pg_catalog.<=) 1655::pg_catalog.oid) AS actions
          FROM pg_catalog.pg_trigger t
         WHERE t.tgconstraint OPERATOR(pg_catalog.<>) 0
           AND t.tgfoid OPERATOR(pg_catalog.>=) 1644::pg_catalog.oid
           AND t.tgfoid OPERATOR(pg_catalog.<=) 1655::pg_catalog.oid
         GROUP BY t.tgconstraint, t.tgrelid
), gap AS (
        SELECT tree.top, tree.child AS relation, true AS is_childs
          FROM tree
          LEFT JOIN fired ON fired.key OPERATOR(pg_catalog.=) tree.oid AND fired.relation OPERATOR(pg_catalog.=) tree.child
         WHERE tree.is_childs
           AND COALESCE(fired.checks, 0) OPERATOR(pg_catalog.<) 2
         UNION
        SELECT tree.top, tree.parent, false
          FROM tree
          LEFT JOIN fired ON fired.key OPERATOR(pg_catalog.=) tree.oid AND fired.relation OPERATOR(pg_catalog.=) tree.parent
         WHERE tree.is_parents
           AND COALESCE(fired.actions, 0) OPERATOR(pg_catalog.<) 2
         UNION
        SELECT tree.top, i.inhrelid, side.is_childs
          FROM tree
         CROSS JOIN LATERAL (VALUES (tree.child, true, tree.is_childs), (tree.parent, false, tree.is_parents))
               side (relation, is_childs, is_this)
          JOIN pg_catalog.pg_class c
            ON c.oid OPERATOR(pg_catalog.=) side.relation
           AND c.relkind OPERATOR(pg_catalog.=) 'p'
          JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) c.oid
         WHERE side.is_this
           AND NOT EXISTS (
                   SELECT FROM tree part
                    WHERE part.up OPERATOR(pg_catalog.=) tree.oid
                      AND CASE WHEN side.is_childs THEN part.child ELSE part.parent END OPERATOR(pg_catalog.=) i.inhrelid)
)
SELECT gap.top, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, gap.is_childs, pg_catalog.pg_get_constraintdef(gap.top)
  FROM gap
  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) gap.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
 ORDER BY n.nspname, c.relname
