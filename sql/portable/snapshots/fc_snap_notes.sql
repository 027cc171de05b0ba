-- Returns what can be attached to objects of any kind: comments, privileges and which objects they
-- use (dependencies).
--
-- part: the part of the object that it belongs to; key: the provider of a security label, the role,
-- or, for an object of the system, its kind and name
-- from_column, to_class, to_object, to_column: which column uses which object
-- A kind that could not be read has one row with the reason as value and the class 0.
CREATE FUNCTION @extschema@.fc_snap_notes()
RETURNS TABLE (what text, class oid, object oid, part text, key text, value text, of_system text, from_column int,
    to_class oid, to_object oid, to_column int)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    fc_kinds CONSTANT text[] := '{comments,privileges,dependencies}';
    fc_kind text;
    fc_state text;
    fc_message text;
    fc_detail text;
BEGIN
    FOREACH fc_kind IN ARRAY fc_kinds LOOP
        FOR attempt IN 1 .. 2 LOOP
            BEGIN
                IF fc_kind = 'comments' THEN
                    RETURN QUERY
                    SELECT 'comments', q.class, q.object, coalesce(q.part, ''), q.provider, @extschema@.fc_fingerprint(q.content), NULL, 0, NULL::oid, NULL::oid, 0
                      FROM (
                        @queries/snapshot_comments.sql@
                      ) q (class, object, number, part, provider, content);
                ELSIF fc_kind = 'privileges' THEN
                    RETURN QUERY
                    SELECT 'privileges', q.class, q.object, q.part, q.role, q.words, q.of_system, 0, NULL::oid, NULL::oid, 0
                      FROM (
                        @queries/snapshot_privileges.sql@
                      ) q (class, object, number, part, role, words, of_system);
                ELSE
                    RETURN QUERY
                    SELECT 'dependencies', q.class, q.object, '', NULL, NULL, NULL, q.from_column, q.to_class, q.to_object, q.to_column
                      FROM (
                        @queries/snapshot_uses.sql@
                      ) q (class, object, from_column, to_class, to_object, to_column)
                     WHERE (q.class, q.object) <> (q.to_class, q.to_object);
                END IF;
                -- Releases the locks on the catalogs, of which these are most.
                RAISE SQLSTATE 'FC000';
            EXCEPTION
                WHEN SQLSTATE 'FC000' THEN
                    EXIT;
                WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS fc_state = RETURNED_SQLSTATE, fc_message = MESSAGE_TEXT, fc_detail = PG_EXCEPTION_DETAIL;
                    -- An object may have been dropped after it was looked up.
                    IF attempt = 2 OR fc_state NOT IN ('42P01', '42703', '42704', '3F000', 'XX000') THEN
                        RETURN QUERY SELECT fc_kind, 0::oid, NULL::oid, NULL, NULL, @extschema@.fc_error(fc_state, fc_message, fc_detail), NULL, 0, NULL::oid, NULL::oid, 0;
                        EXIT;
                    END IF;
            END;
        END LOOP;
    END LOOP;
END $fn$;
