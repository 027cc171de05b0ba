-- Locks a table of a role that is not trusted, and makes sure that planning this query over it runs
-- nothing of that role's: it could have put a view in the table's place, or an expression into an
-- index, since fc_seq_columns looked.
--
-- What no lock of a reader keeps out is an index or statistics that are created, or a schema that is
-- renamed, between this look and the planning of the query.
CREATE FUNCTION @extschema@.fc_hold(relation oid, query text)
RETURNS void LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    name text := @extschema@.fc_relation(relation);
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        PERFORM @extschema@.fc_raise('0A000', 'a table of another role is read only in READ COMMITTED');
    END IF;
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS SHARE MODE', name);
    IF to_regclass(name) IS DISTINCT FROM relation::regclass
        OR position(format(' FROM ONLY %s t ', name) IN query) = 0
        -- A table without columns has no row here, and is not known to be safe.
        OR (SELECT bool_and(c.risk IS NULL AND c.relkind IN ('r', 'm'))
              FROM @extschema@.fc_seq_columns(ARRAY[relation],
                       ARRAY(SELECT min(a.attnum) FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped)) c) IS NOT TRUE THEN
        PERFORM @extschema@.fc_raise('55006', 'the table was changed while it was read');
    END IF;
END $fn$;
