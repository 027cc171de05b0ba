-- Returns the schema that an argument names, NULL for NULL; 3F000 if it does not exist, with what
-- the caller may have meant. With resync, a table's name leads to seq_resync_table.
CREATE FUNCTION @extschema@.fc_schema(schema text, resync boolean DEFAULT false)
RETURNS oid LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    found oid;
    hit record;
    meant record;
    parts text[];
    message CONSTANT text := format('schema "%s" does not exist', schema);
    hint text := E'Schema names are case-sensitive here. List them with \\dn in psql.';
    detail text;
    tables text[];
BEGIN
    IF schema IS NULL THEN
        RETURN NULL;
    END IF;
    found := CASE WHEN schema = 'pg_temp' THEN nullif(pg_my_temp_schema(), 0)
                  ELSE (SELECT n.oid FROM pg_namespace n WHERE n.nspname = schema::name AND octet_length(schema) <= 63) END;
    IF found IS NOT NULL THEN
        RETURN found;
    END IF;
    BEGIN
        parts := parse_ident(schema);
    EXCEPTION WHEN invalid_parameter_value THEN
        parts := '{}';
    END;
    IF cardinality(parts) > 2 THEN
        parts := '{}';
    END IF;
    FOR hit IN
        SELECT m.kind, m.is_exact, array_agg(fc.name) AS names, array_agg(fc.owner) AS owners,
               array_agg(DISTINCT m.schema) AS schemas
          FROM (
            @queries/schema_name_suggestions.sql(schema; parts[cardinality(parts)]; CASE WHEN cardinality(parts) = 2 THEN parts[1] END)@
          ) m (kind, schema, name, is_exact, own_schema, own_name)
         CROSS JOIN LATERAL (SELECT quote_ident(m.schema) || '.' || quote_ident(m.name) AS name,
                                    CASE WHEN m.kind = 't' THEN quote_ident(m.schema) || '.' || quote_ident(m.name)
                                         ELSE quote_ident(m.own_schema) || '.' || quote_ident(m.own_name) END AS owner) fc
         GROUP BY m.kind, m.is_exact
         ORDER BY m.is_exact DESC, array_position(ARRAY['s', 't', 'q', 'd'], m.kind)
         LIMIT 1
    LOOP
        meant := hit;
    END LOOP;
    IF meant IS NOT NULL THEN
        tables := (SELECT array_agg(t) FROM unnest(meant.owners) t WHERE t IS NOT NULL);
        CASE meant.kind
            WHEN 's' THEN
                hint := format('Give %s; the name is taken as it is, with its case and without quotation marks.',
                    (SELECT string_agg(@extschema@.fc_literal(s), ' or ') FROM unnest(meant.schemas[1:3]) s));
            WHEN 'd' THEN
                detail := 'This database has that name.';
                hint := 'Leave the schema out to cover all schemas of the database.';
            ELSE
                detail := @extschema@.fc_list('There ' || CASE WHEN cardinality(meant.names) = 1 THEN 'is a ' ELSE 'are ' END
                    || CASE meant.kind WHEN 't' THEN 'table' ELSE 'sequence' END
                    || CASE WHEN cardinality(meant.names) = 1 THEN '' ELSE 's' END, meant.names) || '.';
                IF resync AND tables IS NOT NULL THEN
                    hint := format('Run %s instead.', (SELECT string_agg(
                        format('SELECT * FROM @extschema@.seq_resync_table(%s);', @extschema@.fc_literal(t)), ' or ')
                        FROM unnest(tables[1:3]) t));
                ELSE
                    hint := format('Give the schema, %s, instead.',
                        (SELECT string_agg(@extschema@.fc_literal(s), ' or ') FROM unnest(meant.schemas[1:3]) s));
                END IF;
        END CASE;
    END IF;
    PERFORM @extschema@.fc_raise('3F000', message, detail, hint);
END $fn$;
