-- The types, operators and collations of the cases' keys.
CREATE SCHEMA kinds;
CREATE TYPE kinds.mood AS ENUM ('bad', 'it''s', 'good');
CREATE TYPE kinds.pair AS (number int, "Text" text);
CREATE DOMAIN kinds.small AS int4 CHECK (VALUE < 1000);
CREATE DOMAIN kinds."Small; ""ints""" AS int4[] CHECK (array_length(VALUE, 1) < 5);
CREATE DOMAIN kinds."pair's" AS kinds.pair;
CREATE DOMAIN kinds.word AS varchar(8) NOT NULL CHECK (VALUE <> 'forbidden');

-- An operator class with its own equality: numbers with the same last two digits are equal.
CREATE FUNCTION kinds.same_digits(int4, int4) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 % 100 = $2 % 100';
CREATE FUNCTION kinds.fewer_digits(int4, int4) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 % 100 < $2 % 100';
CREATE FUNCTION kinds.more_digits(int4, int4) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 % 100 > $2 % 100';
CREATE FUNCTION kinds.not_more_digits(int4, int4) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 % 100 <= $2 % 100';
CREATE FUNCTION kinds.not_fewer_digits(int4, int4) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1 % 100 >= $2 % 100';
CREATE FUNCTION kinds.compare_digits(int4, int4) RETURNS int4 LANGUAGE sql IMMUTABLE STRICT AS 'SELECT sign($1 % 100 - $2 % 100)::int4';
CREATE OPERATOR kinds.<%% (FUNCTION = kinds.fewer_digits, LEFTARG = int4, RIGHTARG = int4, COMMUTATOR = OPERATOR(kinds.>%%));
CREATE OPERATOR kinds.>%% (FUNCTION = kinds.more_digits, LEFTARG = int4, RIGHTARG = int4, COMMUTATOR = OPERATOR(kinds.<%%));
CREATE OPERATOR kinds.<=%% (FUNCTION = kinds.not_more_digits, LEFTARG = int4, RIGHTARG = int4);
CREATE OPERATOR kinds.>=%% (FUNCTION = kinds.not_fewer_digits, LEFTARG = int4, RIGHTARG = int4);
CREATE OPERATOR kinds.=%% (FUNCTION = kinds.same_digits, LEFTARG = int4, RIGHTARG = int4, COMMUTATOR = OPERATOR(kinds.=%%), MERGES);
CREATE OPERATOR CLASS kinds."last Digits" FOR TYPE int4 USING btree AS
    OPERATOR 1 kinds.<%%, OPERATOR 2 kinds.<=%%, OPERATOR 3 kinds.=%%, OPERATOR 4 kinds.>=%%, OPERATOR 5 kinds.>%%,
    FUNCTION 1 kinds.compare_digits(int4, int4);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citext') THEN
        CREATE EXTENSION citext SCHEMA public;
    END IF;
    BEGIN
        CREATE COLLATION kinds."Ignores case" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    EXCEPTION WHEN feature_not_supported THEN
        NULL; -- not every build has ICU
    END;
END $$;

-- First in a session's search_path, this schema gives wrong answers or errors to code that does not
-- qualify names.
CREATE SCHEMA hostile;
DO $$
DECLARE
    type_name text;
    operator text;
BEGIN
    FOREACH type_name IN ARRAY '{int2,int4,int8,text,varchar,bpchar,name,oid,bool,uuid,numeric,float8,jsonb,"\"char\""}'::text[] LOOP
        EXECUTE format('CREATE FUNCTION hostile.lie(%s, %1$s) RETURNS boolean LANGUAGE plpgsql
            AS $f$ BEGIN RAISE ''a hostile operator was used''; END $f$', type_name);
        FOREACH operator IN ARRAY '{=,<>,<,>,<=,>=}'::text[] LOOP
            EXECUTE format('CREATE OPERATOR hostile.%s (FUNCTION = hostile.lie, LEFTARG = %s, RIGHTARG = %2$s)', operator, type_name);
        END LOOP;
    END LOOP;
END $$;
CREATE FUNCTION hostile.to_jsonb(anyelement) RETURNS jsonb LANGUAGE sql AS $$ SELECT '"hostile"'::jsonb $$;
CREATE FUNCTION hostile.jsonb_build_object(text, anyelement) RETURNS jsonb LANGUAGE sql AS $$ SELECT '"hostile"'::jsonb $$;
CREATE FUNCTION hostile.quote_ident(text) RETURNS text LANGUAGE sql AS $$ SELECT 'hostile' $$;
CREATE FUNCTION hostile.format(text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'hostile' $$;
CREATE FUNCTION hostile.count_none(int8) RETURNS int8 LANGUAGE sql AS 'SELECT 0::int8';
CREATE AGGREGATE hostile.count(*) (SFUNC = hostile.count_none, STYPE = int8);
CREATE DOMAIN hostile.regclass AS text;
CREATE DOMAIN hostile.int8 AS text;
CREATE TABLE hostile.pg_class (oid oid);
CREATE TABLE hostile.pg_constraint (oid oid);
CREATE TABLE hostile.pg_attribute (attrelid oid);
