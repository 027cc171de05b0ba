-- Writes a search among the ids of a column as an expression: the first id in the wanted order, or
-- with "most" an array of that many different ones.
--
-- id_type: as fc_seq_columns has it, or digits for the number at the end of a text
-- low, high: the range to search, NULL for all of bigint
-- step, first: only ids that are a multiple of step away from first; NULL for all
CREATE FUNCTION @extschema@.fc_seq_search(tab text, col text, id_type text, is_descending boolean, nulls text,
    low numeric, high numeric, step numeric, first numeric, most int)
RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT format('%s(SELECT (%s)::int8 FROM ONLY %s t WHERE %s >= (%L)::%s AND %s <= (%L)::%s%s%s%s ORDER BY %s %s NULLS %s LIMIT %s)',
    CASE WHEN most IS NULL THEN '' ELSE 'ARRAY' END, v.value, tab,
    v.value, coalesce(low, -9223372036854775808), v.type, v.value, coalesce(high, 9223372036854775807), v.type,
    CASE WHEN id_type = 'numeric' THEN format(' AND %s = trunc(%s)', v.value, v.value) ELSE '' END,
    CASE WHEN step IS NULL THEN '' ELSE format(' AND (%s::numeric - (%s)) %% %s = 0', v.value, first, step) END,
    CASE WHEN most IS NULL THEN '' ELSE format(' GROUP BY %s', v.value) END,
    v.value, CASE WHEN is_descending THEN 'DESC' ELSE 'ASC' END, nulls, coalesce(most, 1))
  FROM (SELECT CASE WHEN id_type = 'text'
                    -- A cast that comes before the check of its text would fail.
                    THEN format('(CASE WHEN t.%s ~ ''^(0|-?[1-9][0-9]{0,18})$'' THEN t.%s::numeric END)', col, col)
                    WHEN id_type = 'digits' THEN format('substring(t.%s FROM ''[0-9]+$'')::numeric', col)
                    ELSE 't.' || col END AS value,
               CASE WHEN id_type = 'number' THEN 'int8' ELSE 'numeric' END AS type) v
$fn$;
