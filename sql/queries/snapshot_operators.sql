-- Returns the operators of schemas $1. Skips members of extensions, and shells, which are only
-- referred to by another operator.
SELECT 2617::pg_catalog.oid, o.oid, o.oprnamespace, 'operator', o.oid::pg_catalog.regoperator::pg_catalog.text, pg_catalog.pg_get_userbyid(o.oprowner)::pg_catalog.text,
       pg_catalog.concat_ws(', ', pg_catalog.concat('FUNCTION ', o.oprcode::pg_catalog.regprocedure), pg_catalog.concat('RESULT ', pg_catalog.format_type(o.oprresult, NULL)),
           CASE WHEN o.oprcom OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat('COMMUTATOR ', o.oprcom::pg_catalog.regoperator) END,
           CASE WHEN o.oprnegate OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat('NEGATOR ', o.oprnegate::pg_catalog.regoperator) END,
           CASE WHEN o.oprrest::pg_catalog.oid OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat('RESTRICT ', o.oprrest::pg_catalog.regprocedure) END,
           CASE WHEN o.oprjoin::pg_catalog.oid OPERATOR(pg_catalog.<>) 0 THEN pg_catalog.concat('JOIN ', o.oprjoin::pg_catalog.regprocedure) END,
           CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END),
       NULL::pg_catalog.text
  FROM pg_catalog.pg_operator o
 WHERE o.oprnamespace OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND o.oprcode::pg_catalog.oid OPERATOR(pg_catalog.<>) 0
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 2617 AND e.objid OPERATOR(pg_catalog.=) o.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
