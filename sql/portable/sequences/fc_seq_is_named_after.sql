-- Whether a sequence is named after "name", a table's and a column's or a table's, all in lower
-- case; after the table also with a word for its key.
CREATE FUNCTION @extschema@.fc_seq_is_named_after(sequence text, table_name text, column_name text)
RETURNS boolean LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN column_name IS NULL
            THEN EXISTS (SELECT FROM unnest(@extschema@.fc_seq_stems(sequence)) s
                          WHERE s = table_name OR s IN (table_name || '_id', table_name || '_pk', table_name || '_key'))
            ELSE w.whole = ANY (@extschema@.fc_seq_stems(sequence)) END
       -- The server, SQLAlchemy and others shorten long names.
    OR octet_length(w.whole) > 41 AND (
            octet_length(sequence) >= 60 AND (
                EXISTS (SELECT FROM unnest('{_seq,_sq,_s,_sequence,_gen,_generator,_hilo,_hilo_seq,_hilo_sequence,_hiloseq,hilosequence,hiloseq,hilo,sequence,seq}'::text[]) x
                         WHERE sequence = (w.whole || x)::name::text)
                OR EXISTS (SELECT FROM unnest('{seq_,sq_,s_,pk_,gen_,sequence_}'::text[]) x WHERE sequence = (x || w.whole)::name::text))
         OR column_name IS NOT NULL AND sequence = @extschema@.fc_seq_serial_name(table_name, column_name)
         OR column_name IS NOT NULL AND sequence = (
                SELECT format('%s_%s_seq', t, left(column_name, 29 + greatest(29 - length(t), 0)))
                  FROM left(table_name, 29 + greatest(29 - length(column_name), 0)) t))
  FROM (SELECT concat_ws('_', table_name, column_name) AS whole) w
$fn$;
