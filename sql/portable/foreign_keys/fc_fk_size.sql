-- Returns "public.t: about 5 rows, 16 kB".
CREATE FUNCTION @extschema@.fc_fk_size(name text, row_count bigint, bytes bigint) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
SELECT CASE WHEN row_count IS NULL THEN format('%s was never analyzed, so its size is not known', name)
            ELSE format('%s: about %s, %s', name, @extschema@.fc_counted(row_count, 'row'),
                 CASE WHEN bytes < 10240 THEN bytes || ' bytes' WHEN bytes / 1024 < 10240 THEN bytes / 1024 || ' kB' WHEN bytes / 1048576 < 10240 THEN bytes / 1048576 || ' MB'
                      WHEN bytes / 1073741824 < 10240 THEN bytes / 1073741824 || ' GB' ELSE bytes / 1099511627776 || ' TB' END) END
$fn$;
