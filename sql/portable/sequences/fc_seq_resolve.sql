-- Finds the sequence that a text means which "who" passes to nextval, as
-- src/sequences/sequence_name.rs does: the sequence, or why it is not known. If several have the
-- name, the only one in "preferred" is meant.
CREATE FUNCTION @extschema@.fc_seq_resolve(who text, value text, preferred oid[])
RETURNS TABLE (sequence oid, unresolved text) LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    parts text[];
    candidates oid[];
    liked oid[];
BEGIN
    IF btrim(value) = '' THEN
        unresolved := who || ' calls nextval with an empty name';
        RETURN NEXT;
        RETURN;
    END IF;
    BEGIN
        parts := parse_ident(value);
    EXCEPTION WHEN invalid_parameter_value THEN
        unresolved := format('%s does not name a sequence: %s', who, value);
        RETURN NEXT;
        RETURN;
    END;
    SELECT array_agg(q.oid ORDER BY q.namespace) INTO candidates
      FROM (
        @queries/sequences_named.sql(parts[cardinality(parts)])@
      ) q (oid, namespace)
      JOIN pg_namespace n ON n.oid = q.namespace
     WHERE (cardinality(parts) = 1
            OR n.oid = CASE parts[cardinality(parts) - 1] WHEN 'pg_temp' THEN pg_my_temp_schema()
                       ELSE (SELECT m.oid FROM pg_namespace m WHERE m.nspname = parts[cardinality(parts) - 1]) END)
       AND NOT pg_is_other_temp_schema(n.oid);
    liked := (SELECT array_agg(c) FROM unnest(candidates) c WHERE c = ANY (preferred));
    IF cardinality(liked) = 1 THEN
        candidates := liked;
    END IF;
    IF candidates IS NULL THEN
        unresolved := format('%s names a sequence that does not exist: %s', who, value);
    ELSIF cardinality(candidates) = 1 THEN
        sequence := candidates[1];
    ELSE
        unresolved := format('which sequence "%s" %s means depends on the inserting role''s search_path: %s',
            parts[cardinality(parts)], who,
            (SELECT string_agg(@extschema@.fc_relation(c.oid), ', ' ORDER BY c.place)
               FROM unnest(candidates) WITH ORDINALITY c (oid, place)));
    END IF;
    RETURN NEXT;
END $fn$;
