-- Merges the rows of a hierarchy, as src/sequences/hierarchy.rs does. Takes the places of the rows,
-- that of the topmost table first, and arrays with what they say.
CREATE FUNCTION @extschema@.fc_seq_fold(statuses text[], tabs text[], details text[], fixes text[], max_ids bigint[], behind bigint[], lefts bigint[],
    to_pass numeric[], relations oid[], is_ascending boolean)
RETURNS TABLE (status text, detail text, fix text, max_id bigint, behind_by bigint, is_partly_unknown boolean, worst_place int)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    worst int;
    far int;
    unknown text[] := ARRAY(SELECT t.tab FROM unnest(statuses, tabs) WITH ORDINALITY t (status, tab, place) WHERE t.status = 'unknown' ORDER BY t.place);
    ranks CONSTANT text[] := '{behind,exhausted,near_limit,unlogged,unused,unlinked,unknown,ok}';
BEGIN
    SELECT r.place INTO worst
      FROM unnest(statuses, lefts) WITH ORDINALITY r (status, inserts, place)
     ORDER BY CASE WHEN r.status IN ('behind', 'exhausted') THEN 0 WHEN r.status = 'unknown' THEN 1 ELSE 2 END,
              CASE WHEN r.status <> 'unknown' THEN array_position(ranks, r.status) END,
              CASE WHEN r.status <> 'unknown' THEN coalesce(r.inserts, 9223372036854775807) END, r.place
     LIMIT 1;
    SELECT r.place INTO far
      FROM unnest(max_ids) WITH ORDINALITY r (id, place)
     WHERE r.id IS NOT NULL
     ORDER BY CASE WHEN is_ascending THEN -r.id::numeric ELSE r.id END, r.place
     LIMIT 1;
    status := statuses[worst];
    detail := nullif(concat_ws('; ',
        CASE WHEN details[worst] IS NULL THEN NULL
             WHEN relations[worst] <> relations[1] THEN format('%s: %s', tabs[worst], details[worst])
             ELSE details[worst] END,
        CASE WHEN relations[far] <> relations[worst] AND relations[far] <> relations[1] THEN 'the furthest id is in ' || tabs[far] END,
        CASE WHEN cardinality(unknown) > 1 OR status <> 'unknown' THEN @extschema@.fc_list('could not be judged:', unknown) END), '');
    fix := CASE WHEN status = 'behind' AND fixes[worst] IS NOT NULL
                THEN format('SELECT * FROM @extschema@.seq_resync_table(%s);', @extschema@.fc_literal(tabs[1]))
                ELSE fixes[worst] END;
    max_id := max_ids[far];
    behind_by := CASE WHEN status = 'behind' THEN (SELECT max(p) FROM unnest(to_pass) p) ELSE behind[worst] END;
    is_partly_unknown := cardinality(unknown) > 0;
    worst_place := worst;
    RETURN NEXT;
END $fn$;
