-- Returns the defaults of columns $2 of table $1, in that order: NULL for a default that may differ
-- between rows or runs a user's function. pg_get_expr may lock the table.
SELECT pg_catalog.array_agg(
           CASE WHEN NOT EXISTS (
                         SELECT FROM pg_catalog.regexp_matches(d.adbin::pg_catalog.text, E'\\{([A-Z_0-9]+)', 'g') node (tag)
                          WHERE node.tag[1] OPERATOR(pg_catalog.<>) ALL ('{CONST,FUNCEXPR,RELABELTYPE}'))
                 AND NOT EXISTS (
                         SELECT FROM pg_catalog.regexp_matches(d.adbin::pg_catalog.text, ':funcid ([0-9]+)', 'g') call (function)
                           JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) call.function[1]::pg_catalog.oid
                          WHERE f.provolatile OPERATOR(pg_catalog.<>) 'i'
                             OR f.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid)
                THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END
           ORDER BY u.place)
  FROM pg_catalog.unnest($2::pg_catalog.int2[]) WITH ORDINALITY u (number, place)
  LEFT JOIN pg_catalog.pg_attrdef d
    ON d.adrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
   AND d.adnum OPERATOR(pg_catalog.=) u.number
