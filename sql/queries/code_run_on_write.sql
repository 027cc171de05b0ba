-- Returns whether an UPDATE or DELETE of table $1 could run code of the table's owner with the
-- privileges of the role that writes. No migration tool creates its table like that. A foreign key
-- counts as well: it has triggers.
SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent OPERATOR(pg_catalog.=) $1::pg_catalog.oid)
    OR EXISTS (SELECT FROM pg_catalog.pg_constraint n
                WHERE n.conrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
                  AND n.contype OPERATOR(pg_catalog.=) 'c')
    OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                WHERE a.attrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
                  AND a.attnum OPERATOR(pg_catalog.>) 0
                  AND a.attgenerated OPERATOR(pg_catalog.<>) '')
    OR EXISTS (SELECT FROM pg_catalog.pg_index x
                WHERE x.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
                  AND (x.indexprs IS NOT NULL OR x.indpred IS NOT NULL
                    OR EXISTS (SELECT FROM pg_catalog.unnest(x.indclass::pg_catalog.oid[]) c(oid)
                                WHERE c.oid OPERATOR(pg_catalog.>=) 16384)))
