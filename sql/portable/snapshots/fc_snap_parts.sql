-- Returns what belongs to tables: columns, constraints, indexes, triggers, policies, rules and
-- properties.
--
-- options: what was set for only some of them, as a property of the table
-- class, object: the address under which something may be attached to it; for a column, its default
-- index: the index of a constraint
-- A table that could not be described has the kind undescribed, the reason as its name, and the
-- SQLSTATE as its options.
--
-- The server locks tables when it prints expressions. A few are described at a time, without
-- waiting; if that fails, each is by itself. All wait for five seconds in total, or for lock_timeout
-- each.
CREATE FUNCTION @extschema@.fc_snap_parts(relations oid[], policies oid[], rules oid[], views oid[])
RETURNS TABLE (relation oid, what text, name text, number int2, value jsonb, options text, class oid, object oid, index oid)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    fc_confidential CONSTANT text := @extschema@.fc_snap_confidential();
    fc_ids oid[];
    fc_some oid[];
    fc_failed oid[] := '{}';
    fc_first int;
    fc_alone int;
    fc_state text;
    fc_message text;
    fc_detail text;
    fc_began timestamptz;
    fc_budget numeric := CASE WHEN current_setting('lock_timeout') = '0' THEN 5000 END;
BEGIN
    FOR phase IN 1 .. 4 LOOP
        fc_ids := ARRAY(SELECT u.id FROM unnest(CASE phase WHEN 1 THEN relations WHEN 2 THEN policies WHEN 3 THEN rules ELSE views END)
                          WITH ORDINALITY u (id, place) WHERE u.id <> ALL (fc_failed) ORDER BY u.place);
        fc_first := 1;
        fc_alone := 0;
        WHILE fc_first <= cardinality(fc_ids) LOOP
            fc_some := fc_ids[fc_first : CASE WHEN fc_first <= fc_alone THEN fc_first WHEN phase = 1 THEN fc_first + 49 ELSE fc_first + 9 END];
            BEGIN
                IF cardinality(fc_some) > 1 THEN
                    PERFORM set_config('lock_timeout', '1', true);
                ELSIF fc_budget IS NOT NULL THEN
                    PERFORM set_config('lock_timeout', greatest(fc_budget, 1)::int::text, true);
                END IF;
                fc_began := clock_timestamp();
                IF phase = 1 THEN
                    RETURN QUERY EXECUTE @extschema@.fc_snap_query($q$
                    SELECT q.relation, 'column', q.name, q.number,
                           jsonb_strip_nulls(jsonb_build_object('type', q.type, 'collation', q.collated, 'not_null', q.not_null,
                               'not_valid', nullif(q.not_valid, false), 'default', q.expression,
                               'generated', CASE q.generated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END,
                               'identity', CASE q.identity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by_default' END)),
                           concat(q.options, ' ' || @extschema@.fc_fingerprint(q.content)), 2604::oid, q.id, NULL::oid
                      FROM (
                        @queries/snapshot_columns.sql@
                      ) q (relation, name, number, type, collated, not_null, expression, generated, identity, not_valid, id, options, content)
                    $q$) USING fc_some, fc_confidential;
                    RETURN QUERY
                    SELECT q.relation, 'constraint', q.name, NULL::int2,
                           jsonb_build_object('kind', CASE q.kind WHEN 'p' THEN 'primary_key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign_key'
                                                                  WHEN 'c' THEN 'check' ELSE 'exclusion' END,
                               'enforced', q.enforced, 'definition', q.definition),
                           q.options, 2606::oid, q.id, q.index
                      FROM (
                        @queries/snapshot_constraints.sql(fc_some)@
                      ) q (relation, name, kind, definition, enforced, id, options, index)
                     WHERE q.definition IS NOT NULL
                     UNION ALL
                    SELECT q.relation, 'index', q.name, NULL, jsonb_build_object('unique', q.is_unique, 'valid', q.valid, 'definition', q.definition),
                           q.options, 1259, q.id, NULL
                      FROM (
                        @queries/snapshot_indexes.sql(fc_some)@
                      ) q (relation, name, is_unique, valid, definition, id, options)
                     WHERE q.definition IS NOT NULL
                     UNION ALL
                    SELECT q.relation, 'trigger', q.name, NULL,
                           @extschema@.fc_snap_trigger(q.firing, q.definition),
                           '', 2620, q.id, NULL
                      FROM (
                        @queries/snapshot_triggers.sql(fc_some)@
                      ) q (relation, name, firing, definition, id)
                     WHERE q.definition IS NOT NULL
                     UNION ALL
                    SELECT q.relation, 'property', q.name, NULL, to_jsonb(concat(q.value, ' ' || @extschema@.fc_fingerprint(q.content))), '', NULL, NULL, NULL
                      FROM (
                        @queries/snapshot_table_properties.sql(fc_some; fc_confidential)@
                      ) q (relation, name, value, content)
                     WHERE q.value IS NOT NULL;
                ELSIF phase = 2 THEN
                    RETURN QUERY
                    SELECT q.relation, 'policy', q.name, NULL::int2, jsonb_build_object('definition', q.definition), '', q.class, q.id, NULL::oid
                      FROM (
                        @queries/snapshot_policies.sql(fc_some)@
                      ) q (relation, name, class, id, definition);
                ELSIF phase = 3 THEN
                    RETURN QUERY
                    SELECT q.relation, 'rule', q.name, NULL::int2,
                           jsonb_build_object('firing', CASE q.firing WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'origin' END,
                               'definition', q.definition),
                           '', q.class, q.id, NULL::oid
                      FROM (
                        @queries/snapshot_rules.sql(fc_some)@
                      ) q (relation, name, class, id, definition, firing)
                     WHERE q.definition IS NOT NULL;
                ELSE
                    RETURN QUERY
                    SELECT q.relation, 'property', q.name, NULL::int2, to_jsonb(q.value), '', NULL::oid, NULL::oid, NULL::oid
                      FROM (
                        @queries/snapshot_views.sql(fc_some)@
                      ) q (relation, name, value, content)
                     WHERE q.value IS NOT NULL;
                END IF;
                RAISE SQLSTATE 'FC000';
            EXCEPTION
                WHEN SQLSTATE 'FC000' THEN
                    fc_first := fc_first + cardinality(fc_some);
                WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS fc_state = RETURNED_SQLSTATE, fc_message = MESSAGE_TEXT, fc_detail = PG_EXCEPTION_DETAIL;
                    IF cardinality(fc_some) > 1 THEN
                        fc_alone := fc_first + cardinality(fc_some) - 1;
                    ELSE
                        IF fc_state = '55P03' THEN
                            fc_budget := fc_budget - extract(epoch FROM clock_timestamp() - fc_began) * 1000;
                        END IF;
                        fc_failed := fc_failed || fc_some;
                        -- A table that was dropped meanwhile has no name.
                        RETURN QUERY SELECT u.id, CASE WHEN u.id::regclass::text ~ '^[0-9]+$' THEN 'dropped' ELSE 'undescribed' END,
                            @extschema@.fc_error(fc_state, fc_message, nullif(fc_detail, '')), NULL::int2, NULL::jsonb, fc_state, NULL::oid, NULL::oid, NULL::oid
                          FROM unnest(fc_some) u (id);
                        fc_first := fc_first + 1;
                    END IF;
            END;
        END LOOP;
    END LOOP;
END $fn$;
