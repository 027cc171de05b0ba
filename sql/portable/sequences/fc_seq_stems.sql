-- Returns, for a sequence's name in lower case, the parts that are left without what marks it as a
-- sequence's, as stems() of src/sequences/by_name.rs does.
CREATE FUNCTION @extschema@.fc_seq_stems(name text)
RETURNS text[] LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT coalesce(array_agg(DISTINCT s.stem), '{}')
  FROM (SELECT left(name, -length(suffix)) AS stem
          FROM unnest('{_seq,_sq,_s,_sequence,_gen,_generator,_hilo,_hilo_seq,_hilo_sequence,_hiloseq,hilosequence,hiloseq,hilo,sequence,seq}'::text[]) suffix
         WHERE right(name, length(suffix)) = suffix
        UNION ALL
        SELECT substr(name, length(prefix) + 1)
          FROM unnest('{seq_,sq_,s_,pk_,gen_,sequence_}'::text[]) prefix
         WHERE starts_with(name, prefix)) s
 WHERE s.stem <> ''
$fn$;
