-- Words what happens when a sequence is behind: left more draws, then a collision. size is the
-- number of ids that a value may stand for, 1 for a single one. duplicate is what fc_seq_duplicate
-- returned.
CREATE FUNCTION @extschema@.fc_seq_behind(inserts numeric, size numeric, is_unique boolean, duplicate text, is_partitioned boolean)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE
    WHEN size > 1 THEN
        CASE inserts WHEN 0 THEN 'the next value' WHEN 1 THEN 'after 1 more draw, the next value'
                     ELSE format('after %s more draws, the next value', inserts) END
        || format(' may stand for a block of %s ids, and some of them are used: ', size)
        || CASE WHEN is_unique THEN 'inserts fail with a duplicate key'
                WHEN duplicate IS NOT NULL THEN 'inserts may fail: ' || duplicate
                ELSE w.stored END
    WHEN is_unique THEN w.lead || 'the next' || w.insert || ' fails with a duplicate key'
    WHEN duplicate IS NOT NULL THEN
        format('%sthe next%s may fail: %s; if that does not reject it, a duplicate is stored silently', w.lead, w.insert, duplicate)
    ELSE format('no unique index contains this column: %s%s', w.lead, w.stored) END
  FROM (SELECT CASE inserts WHEN 0 THEN '' WHEN 1 THEN 'after 1 more insert, ' ELSE format('after %s more inserts, ', inserts) END AS lead,
               CASE inserts WHEN 0 THEN ' insert' ELSE '' END AS insert,
               CASE WHEN is_partitioned THEN 'duplicates are stored, except where a partition''s own index rejects them'
                    ELSE 'duplicates are stored silently' END AS stored) w
$fn$;
