-- Recommends how to pass an id that seq_resync does not pass: last_value is NULL if no value is left
-- beyond it. If the statement is run later, it must not move the sequence back.
CREATE FUNCTION @extschema@.fc_seq_pass_anyway(seq text, last_value numeric, increment numeric)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN last_value NOT BETWEEN -9223372036854775808 AND 9223372036854775807 OR last_value IS NULL
            THEN 'no value is left beyond it: delete that row or give it another id'
            ELSE format('to advance past it anyway: SELECT pg_catalog.setval(%s, %s) FROM %s WHERE last_value %s %s;',
                 @extschema@.fc_literal(seq), last_value, seq, CASE WHEN increment > 0 THEN '<=' ELSE '>=' END, last_value) END
$fn$;
