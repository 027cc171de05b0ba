-- Whether a sequence's name says nothing about a table: hibernate_sequence.
CREATE FUNCTION @extschema@.fc_seq_is_generic(name text)
RETURNS boolean LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT NOT EXISTS (
    SELECT FROM regexp_split_to_table(regexp_replace(name, '([[:lower:]])([[:upper:]])', E'\\1 \\2', 'g'), '[^[:alnum:]]+') word
     WHERE word <> ''
       AND lower(word) <> ALL ('{hibernate,entity,framework,hi,lo,hilo,seq,sequence,sequences,sq,gen,generator,id,ids,global,main,master,common,shared,default,object,unique,uid,pk,key,keys,jpa,openjpa,openjpaseq,app,db}'::text[])
       AND word !~ '^[0-9]+$')
$fn$;
