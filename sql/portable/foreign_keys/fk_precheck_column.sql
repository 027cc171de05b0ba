-- Does the same for one column. An array literal is read as several columns, unless the table has a
-- column of that very name.
CREATE FUNCTION @extschema@.fk_precheck(child regclass, child_column text, parent regclass, parent_column text DEFAULT NULL)
RETURNS TABLE (status text, orphans bigint, sample jsonb, choices text[], detail text, ddl text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    one record; child_names name[]; parent_names name[];
BEGIN
    PERFORM @extschema@.fc_refuse_null('child', child IS NULL), @extschema@.fc_refuse_null('child_column', child_column IS NULL), @extschema@.fc_refuse_null('parent', parent IS NULL);
    FOR one IN SELECT * FROM (VALUES (1, child, child_column, 'child_column'), (2, parent, parent_column, 'parent_column')) s (no, relation, given, argument) WHERE s.given IS NOT NULL LOOP
        IF octet_length(one.given) > 8192 THEN PERFORM @extschema@.fc_raise('54000', format('argument "%s" is too long', one.argument), format('It has %s bytes; the maximum is 8192.', octet_length(one.given))); END IF;
        IF one.no = 1 THEN
            child_names := CASE WHEN one.given ~ '^\{.*\}$' AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = one.relation AND a.attname = one.given::name AND NOT a.attisdropped) THEN one.given::name[] ELSE ARRAY[one.given::name] END;
        ELSE
            parent_names := CASE WHEN one.given ~ '^\{.*\}$' AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = one.relation AND a.attname = one.given::name AND NOT a.attisdropped) THEN one.given::name[] ELSE ARRAY[one.given::name] END;
        END IF;
        IF array_position(CASE one.no WHEN 1 THEN child_names ELSE parent_names END, NULL) IS NOT NULL THEN
            PERFORM @extschema@.fc_raise('22004', format('argument "%s" must not contain nulls', one.argument));
        END IF;
    END LOOP;
    RETURN QUERY SELECT * FROM @extschema@.fk_precheck(child, child_names, parent, parent_names);
END $fn$;
