-- Returns the indexes of the tables in schemas $1, and of their TOAST tables, that are not valid,
-- not ready or not live. Skips a partitioned index whose parent index is one of them. Skips members
-- of extensions.
WITH broken AS MATERIALIZED (
SELECT i.*, x.relname AS name, x.relnamespace AS namespace, x.relkind AS kind
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
 WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
)
SELECT b.indexrelid, xn.nspname::pg_catalog.text, b.name::pg_catalog.text,
       n.nspname::pg_catalog.text, t.relname::pg_catalog.text, h.relkind OPERATOR(pg_catalog.=) 't',
       b.kind OPERATOR(pg_catalog.=) 'I', b.indrelid, b.indisunique, b.indisready, b.indislive, b.indisexclusion,
       twin.is_usable,
       -- Whether it is left over from REINDEX CONCURRENTLY: it is named so, and the index that it was
       -- built for, or one that does all that it would do, exists.
       b.name OPERATOR(pg_catalog.~) '_cc(new|old)[0-9]*$' AND (twin.is_usable OR twin.has_own_name),
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid OPERATOR(pg_catalog.=) b.indexrelid),
       -- Whether a session builds or drops it. A build locks the table and is in
       -- pg_stat_progress_create_index; the index itself only REINDEX and DROP CONCURRENTLY lock.
       EXISTS (SELECT FROM pg_catalog.pg_locks l
                WHERE l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.granted
                  AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
                  AND l.mode OPERATOR(pg_catalog.=) ANY ('{ShareUpdateExclusiveLock,ShareLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::pg_catalog.text[])
                  AND (l.relation OPERATOR(pg_catalog.=) b.indexrelid
                    OR (l.relation OPERATOR(pg_catalog.=) b.indrelid
                        AND EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                                     WHERE p.pid OPERATOR(pg_catalog.=) l.pid))))
  FROM broken b
  JOIN pg_catalog.pg_namespace xn ON xn.oid OPERATOR(pg_catalog.=) b.namespace
  JOIN pg_catalog.pg_class h ON h.oid OPERATOR(pg_catalog.=) b.indrelid
  JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) h.oid AND h.relkind OPERATOR(pg_catalog.<>) 't'
                             OR t.reltoastrelid OPERATOR(pg_catalog.=) h.oid AND h.relkind OPERATOR(pg_catalog.=) 't'
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.relnamespace
 -- The other indexes of the same definition: whether one can be used, and whether one, even if it
 -- is invalid, does not itself have the name of a leftover.
 CROSS JOIN LATERAL (
        SELECT coalesce(pg_catalog.bool_or(o.indisvalid AND o.indisready), false) AS is_usable,
               coalesce(pg_catalog.bool_or(ox.relname OPERATOR(pg_catalog.!~) '_cc(new|old)[0-9]*$'), false) AS has_own_name
          FROM pg_catalog.pg_index o
          JOIN pg_catalog.pg_class ox ON ox.oid OPERATOR(pg_catalog.=) o.indexrelid
         WHERE o.indrelid OPERATOR(pg_catalog.=) b.indrelid
           AND o.indexrelid OPERATOR(pg_catalog.<>) b.indexrelid AND o.indislive
           AND o.indisunique OPERATOR(pg_catalog.=) b.indisunique
           AND o.indnkeyatts OPERATOR(pg_catalog.=) b.indnkeyatts
           AND o.indkey::pg_catalog.text OPERATOR(pg_catalog.=) b.indkey::pg_catalog.text
           AND o.indclass::pg_catalog.text OPERATOR(pg_catalog.=) b.indclass::pg_catalog.text
           AND o.indcollation::pg_catalog.text OPERATOR(pg_catalog.=) b.indcollation::pg_catalog.text
           AND o.indoption::pg_catalog.text OPERATOR(pg_catalog.=) b.indoption::pg_catalog.text
           AND coalesce(pg_catalog.pg_get_expr(o.indexprs, o.indrelid), '') OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_get_expr(b.indexprs, b.indrelid), '')
           AND coalesce(pg_catalog.pg_get_expr(o.indpred, o.indrelid), '') OPERATOR(pg_catalog.=) coalesce(pg_catalog.pg_get_expr(b.indpred, b.indrelid), '')
       ) twin
 WHERE n.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[])
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                    WHERE e.classid OPERATOR(pg_catalog.=) 1259 AND e.objid OPERATOR(pg_catalog.=) t.oid
                      AND e.deptype OPERATOR(pg_catalog.=) 'e')
   AND NOT (b.kind OPERATOR(pg_catalog.=) 'I'
            AND EXISTS (SELECT FROM pg_catalog.pg_inherits i
                          JOIN broken p ON p.indexrelid OPERATOR(pg_catalog.=) i.inhparent
                         WHERE i.inhrelid OPERATOR(pg_catalog.=) b.indexrelid))
 ORDER BY n.nspname, t.relname, xn.nspname, b.name
