-- Inserts rows into every table, as its application would: defaults are used, values that the
-- application draws come from the sequence, and all other numbers are large, so that a sequence
-- that is linked to the wrong column is reported as behind.
--
-- given: the columns that the application fills, with an expression in terms of the row's number n
CREATE TEMP TABLE given (table_name text, column_name text, expression text, is_drawn boolean);

-- Whether a sequence feeds the column.
CREATE FUNCTION pg_temp.is_fed(a pg_attribute) RETURNS boolean LANGUAGE sql AS $$
  SELECT a.attidentity <> ''
         OR EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
                       AND pg_get_expr(d.adbin, d.adrelid) ~ 'nextval')
         OR EXISTS (SELECT FROM pg_temp.given g
                     WHERE g.is_drawn AND g.table_name::regclass = a.attrelid AND g.column_name = a.attname)
$$;

-- Returns an expression of the type that differs for each n; NULL for an unknown type.
CREATE FUNCTION pg_temp.value_of(type oid, modifier integer, base bigint) RETURNS text LANGUAGE sql AS $$
  SELECT format('(%s)::%s', CASE
           WHEN t.typcategory = 'E' THEN format('(pg_catalog.enum_range(NULL::%s))[1]', format_type(t.oid, NULL))
           WHEN t.typcategory = 'A' THEN quote_literal('{}')
           WHEN b.typcategory = 'S' AND modifier > 4 THEN format('right(%s || n::text, %s)', quote_literal('row '), modifier - 4)
           WHEN b.typcategory = 'S' AND base > 0 THEN quote_literal('row ') || ' || n'
           WHEN b.typcategory = 'S' THEN 'n::text'
           ELSE CASE b.typname
             WHEN 'int2' THEN format('%s + n', least(base, 30000))
             WHEN 'int4' THEN format('%s + n', base)
             WHEN 'int8' THEN format('%s + n', base)
             WHEN 'numeric' THEN format('%s + n', base)
             WHEN 'oid' THEN 'n'
             WHEN 'float4' THEN 'n'
             WHEN 'float8' THEN 'n'
             WHEN 'bool' THEN 'true'
             WHEN 'bytea' THEN format('decode(lpad(to_hex(n), %s, %L), %L)', CASE WHEN base > 0 THEN 40 ELSE 32 END, '0', 'hex')
             WHEN 'date' THEN 'now() + make_interval(days => n)'
             WHEN 'timestamp' THEN 'now() + make_interval(days => n)'
             WHEN 'timestamptz' THEN 'now() + make_interval(days => n)'
             WHEN 'time' THEN quote_literal('12:00')
             WHEN 'timetz' THEN quote_literal('12:00')
             WHEN 'interval' THEN 'make_interval(days => n)'
             WHEN 'uuid' THEN 'gen_random_uuid()'
             WHEN 'inet' THEN $x$'10.0.0.0'::inet + n$x$
             WHEN 'cidr' THEN $x$'10.0.0.0'::inet + n$x$
             WHEN 'macaddr' THEN quote_literal('00:00:00:00:00:00')
             WHEN 'json' THEN quote_literal('{}')
             WHEN 'jsonb' THEN quote_literal('{}')
             WHEN 'xml' THEN quote_literal('<a/>')
             WHEN 'tsvector' THEN quote_literal('')
             WHEN 'bit' THEN format('repeat(%s, %s)', quote_literal('0'), greatest(modifier, 1))
             WHEN 'int4range' THEN quote_literal('empty')
           END
         END, format_type(type, modifier))
    FROM pg_type t JOIN pg_type b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
   WHERE t.oid = type
$$;

-- Returns the INSERT of the row with the number $1.
CREATE FUNCTION pg_temp.statement(target regclass, base bigint) RETURNS text LANGUAGE sql AS $$
  WITH unique_columns AS (
    SELECT unnest(i.indkey::smallint[]) AS attnum FROM pg_index i WHERE i.indrelid = target AND i.indisunique
  ), given AS (
    SELECT g.column_name, g.expression FROM pg_temp.given g WHERE g.table_name::regclass = target
  ), filled AS (
    SELECT a.attnum, quote_ident(a.attname) AS name,
           coalesce(g.expression, pg_temp.value_of(a.atttypid, a.atttypmod, base)) AS expression
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN given g ON g.column_name = a.attname
     WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.attgenerated = ''
       AND (g.expression IS NOT NULL
            OR (NOT a.atthasdef AND t.typdefault IS NULL AND (a.attnotnull OR t.typnotnull OR t.typcategory = 'N'))
            OR (a.attnum IN (SELECT attnum FROM unique_columns) AND NOT pg_temp.is_fed(a)))
  )
  SELECT CASE WHEN count(*) = 0 THEN format('INSERT INTO %s DEFAULT VALUES', target)
              ELSE format('INSERT INTO %s (%s) SELECT %s FROM (VALUES ($1)) AS number (n)', target,
                          string_agg(name, ', ' ORDER BY attnum), string_agg(expression, ', ' ORDER BY attnum)) END
    FROM filled
$$;

-- Inserts a row; returns the error if that fails.
CREATE FUNCTION pg_temp.put(statement text, n integer, OUT error text, OUT broken name) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement USING n;
EXCEPTION WHEN others THEN
  GET STACKED DIAGNOSTICS error = MESSAGE_TEXT, broken = CONSTRAINT_NAME;
  IF SQLSTATE <> '23505' THEN
    broken := NULL;
  END IF;
END
$$;

-- Inserts the rows from first to last into every table. Returns the tables that got none, and each
-- drawn value that collided with a unique index.
CREATE FUNCTION pg_temp.fill(first integer, last integer) RETURNS TABLE (table_name text, is_fed boolean, error text, collides boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  target regclass;
  fed smallint[];
  statement text;
  modest text;
  said record;
  filled integer;
BEGIN
  -- Without foreign keys and triggers, which do not concern sequences.
  SET LOCAL session_replication_role = replica;
  FOR target IN
    SELECT c.oid FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
       AND s.nspname NOT IN ('pg_catalog', 'information_schema')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY c.oid
  LOOP
    SELECT array_agg(a.attnum) INTO fed
      FROM pg_attribute a WHERE a.attrelid = target AND a.attnum > 0 AND pg_temp.is_fed(a);
    statement := pg_temp.statement(target, 1000000000);
    modest := NULL;
    filled := 0;
    FOR n IN first .. last LOOP
      SELECT * INTO said FROM pg_temp.put(statement, n);
      IF said.error IS NOT NULL AND said.broken IS NULL THEN
        -- Some columns take only small numbers, numbers as text, or 16 bytes instead of 20.
        modest := coalesce(modest, pg_temp.statement(target, 0));
        SELECT * INTO said FROM pg_temp.put(modest, n);
      END IF;
      IF said.error IS NULL THEN
        filled := filled + 1;
      ELSIF EXISTS (SELECT FROM pg_index i WHERE i.indrelid = target AND i.indkey::smallint[] && fed
                       AND i.indexrelid = (SELECT c.oid FROM pg_class c WHERE c.relname = said.broken
                                              AND c.relnamespace = (SELECT t.relnamespace FROM pg_class t WHERE t.oid = target))) THEN
        RETURN QUERY SELECT target::text, true, said.error, true;
      END IF;
    END LOOP;
    IF filled = 0 THEN
      RETURN QUERY SELECT target::text, fed IS NOT NULL, said.error, false;
    END IF;
  END LOOP;
END
$$;
