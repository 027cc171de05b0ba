-- Returns the partitions of table $2, each with its index that is attached to index $3 or, if there
-- is none, an index that is defined like index $1 and could be attached. $3 may be NULL: no index
-- is attached yet.
SELECT p.oid, pn.nspname::pg_catalog.text, p.relname::pg_catalog.text, p.relkind::pg_catalog.text,
       a.indexrelid, a.indisvalid,
       mn.nspname::pg_catalog.text, m.name::pg_catalog.text, m.indexrelid, m.indisvalid, m.contype::pg_catalog.text
  FROM pg_catalog.pg_inherits h
  JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) h.inhrelid
  JOIN pg_catalog.pg_namespace pn ON pn.oid OPERATOR(pg_catalog.=) p.relnamespace
  LEFT JOIN LATERAL (
        SELECT i.indexrelid, i.indisvalid
          FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_inherits ih ON ih.inhrelid OPERATOR(pg_catalog.=) i.indexrelid
         WHERE i.indrelid OPERATOR(pg_catalog.=) p.oid
           AND ih.inhparent OPERATOR(pg_catalog.=) $3::pg_catalog.oid
       ) a ON true
  LEFT JOIN LATERAL (
        SELECT o.indexrelid, o.indisvalid AND o.indisready AS indisvalid, x.relname AS name, x.relnamespace AS namespace, k.contype
          FROM pg_catalog.pg_index t
          JOIN pg_catalog.pg_class tx ON tx.oid OPERATOR(pg_catalog.=) t.indexrelid
          JOIN pg_catalog.pg_index o ON o.indrelid OPERATOR(pg_catalog.=) p.oid
          JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) o.indexrelid
          LEFT JOIN pg_catalog.pg_constraint tk ON tk.conindid OPERATOR(pg_catalog.=) t.indexrelid
                                               AND tk.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::pg_catalog."char"[])
          LEFT JOIN pg_catalog.pg_constraint k ON k.conindid OPERATOR(pg_catalog.=) o.indexrelid
                                              AND k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}'::pg_catalog."char"[])
         WHERE t.indexrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid
           AND a.indexrelid IS NULL
           AND o.indislive
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits oh WHERE oh.inhrelid OPERATOR(pg_catalog.=) o.indexrelid)
           AND x.relam OPERATOR(pg_catalog.=) tx.relam
           AND o.indisunique OPERATOR(pg_catalog.=) t.indisunique
           AND o.indnullsnotdistinct OPERATOR(pg_catalog.=) t.indnullsnotdistinct
           AND o.indisexclusion OPERATOR(pg_catalog.=) t.indisexclusion
           AND o.indnatts OPERATOR(pg_catalog.=) t.indnatts
           AND o.indnkeyatts OPERATOR(pg_catalog.=) t.indnkeyatts
           AND o.indclass::pg_catalog.text OPERATOR(pg_catalog.=) t.indclass::pg_catalog.text
           AND o.indcollation::pg_catalog.text OPERATOR(pg_catalog.=) t.indcollation::pg_catalog.text
           AND o.indoption::pg_catalog.text OPERATOR(pg_catalog.=) t.indoption::pg_catalog.text
           AND coalesce(pg_catalog.pg_get_expr(o.indpred, o.indrelid), '') OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_get_expr(t.indpred, t.indrelid), '')
           AND (k.contype IS NULL OR k.contype OPERATOR(pg_catalog.=) tk.contype)
           AND NOT EXISTS (
                SELECT FROM pg_catalog.generate_series(1, t.indnatts::pg_catalog.int4) g
                 WHERE pg_catalog.pg_get_indexdef(o.indexrelid, g, false) OPERATOR(pg_catalog.<>) pg_catalog.pg_get_indexdef(t.indexrelid, g, false))
         -- The one that takes the fewest steps to attach.
         ORDER BY o.indisvalid AND o.indisready DESC, k.contype IS NULL, x.relname
         LIMIT 1
       ) m ON true
  LEFT JOIN pg_catalog.pg_namespace mn ON mn.oid OPERATOR(pg_catalog.=) m.namespace
 WHERE h.inhparent OPERATOR(pg_catalog.=) $2::pg_catalog.oid
 ORDER BY pn.nspname, p.relname
