-- Objects that rich.sql lacks: unusual names, other owners, more kinds.
CREATE SCHEMA legacy AUTHORIZATION other;
CREATE SCHEMA "Ünïcode.schema";
{extensions}
CREATE TYPE legacy.pair AS (a int, b text);
CREATE DOMAIN legacy.percent AS numeric(5, 2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE DOMAIN legacy.code AS varchar(8) COLLATE "C" NOT NULL DEFAULT 'none';

-- A sequence that feeds two tables, and one each that counts down, cycles, is at its end, was never
-- used.
CREATE SEQUENCE legacy.shared;
CREATE TABLE legacy.drafts (id bigint PRIMARY KEY DEFAULT nextval('legacy.shared'), body text);
CREATE TABLE legacy.posts (id bigint PRIMARY KEY DEFAULT nextval('legacy.shared'), body text);
CREATE SEQUENCE legacy.countdown AS smallint INCREMENT -3 START 100 MINVALUE -100 MAXVALUE 100;
CREATE SEQUENCE legacy.round INCREMENT 5 MINVALUE 1 MAXVALUE 12 CYCLE CACHE 3;
CREATE SEQUENCE legacy.at_end AS smallint MAXVALUE 3;
CREATE SEQUENCE legacy.unused START 7;
SELECT nextval('legacy.countdown'), nextval('legacy.countdown'), nextval('legacy.round'), setval('legacy.at_end', 3);
INSERT INTO legacy.drafts (body) SELECT repeat('d', i) FROM generate_series(1, 40) i;
INSERT INTO legacy.posts (body) SELECT repeat('p', i) FROM generate_series(1, 60) i;

-- Every type that is dumped in its own way, with its extreme values.
CREATE TABLE legacy.types (
    id uuid PRIMARY KEY, flag boolean, small smallint, big bigint, real real, double float8, exact numeric, fixed numeric(12, 4), cash money,
    fixed_text char(9), limited varchar(30), free text, one "char", raw bytea, day date, moment time(3), moment_tz timetz, stamp timestamp, stamp_tz timestamptz(0),
    lasts interval, lasts_days interval day to second, address inet, net cidr, mac macaddr8, bits bit(5), bits_more bit varying(9), place point, shape polygon,
    doc json, docb jsonb, markup xml, words tsvector, search tsquery, numbers int[], grid text[][], span int4range, spans datemultirange, pair legacy.pair, pairs legacy.pair[],
    share legacy.percent, code legacy.code, state shop.state, states shop.state[], class regclass, object oid, lsn pg_lsn, path jsonpath
);
INSERT INTO legacy.types SELECT
    md5(i::text)::uuid, i % 3 = 0, i - 100, i * 9007199254740993, i / 7.0, 1e300 / i, i::numeric / 7, i * 1.1, i * 12.5, 'x' || i, repeat('é', i % 30), repeat('text ' || i, i * 10), 'c',
    decode(md5(i::text), 'hex'), date '2000-02-29' + i, time '23:59:59.999' - i * interval '1 second', timetz '12:00+05:30', timestamp '1999-12-31' + i * interval '1 hour',
    timestamptz '2026-03-29 02:30+00' + i * interval '1 day', i * interval '1 month 1 day 1.5 seconds', i * interval '1 hour', '10.0.0.1'::inet + i, '10.1.0.0/16', '08:00:2b:01:02:03:04:05',
    (i % 32)::bit(5), B'101', point(i, -i), '((0,0),(1,1),(1,0))', '{"b": 1,   "a": [1, 1.0]}', '{"b": 1, "a": [1, 1.0, "ü"]}', {markup}, to_tsvector('simple', 'a b ' || i), 'a & b', ARRAY[i, NULL, -i],
    '{{a,"b \"c"},{NULL,""}}', int4range(i, i + 3), '{[2000-01-01,2000-02-01)}', ROW(i, 'pair "' || i || '"')::legacy.pair, ARRAY[ROW(i, NULL)::legacy.pair], i % 100, 'code' || i, 'sent', '{new,paid}', 'legacy.posts', i, '0/16B3748', '$.a[*]'
    FROM generate_series(1, 200) i;
INSERT INTO legacy.types (id, real, double, exact, day, stamp, stamp_tz, free, code, numbers) VALUES
    ('00000000-0000-0000-0000-000000000001', 'NaN', '-Infinity', 'NaN', 'infinity', '-infinity', 'infinity', '', '', '{}'),
    ('00000000-0000-0000-0000-000000000002', '-Infinity', '4.9e-324', '-Infinity', '4713-01-01 BC', '0044-03-15 BC', '0001-01-01 BC', E'\\x\n\t', 'tab', '[3:4]={1,2}'),
    ('00000000-0000-0000-0000-000000000003', 1e-45, 0.1, 1.000, '5874897-12-31', '294276-12-31', '294276-12-31', E'\u00e9 e\u0301 \U0001F600', 'utf', '{{1},{2}}');

-- Expressions that the server prints differently from how they were written, and again after a
-- restore.
CREATE TABLE legacy.checked (
    id int CONSTRAINT own_name PRIMARY KEY, kind varchar(20) CHECK (kind IN ('a', 'b''c', 'd::e')), "from" int CHECK ("from" BETWEEN 1 AND 10), word text DEFAULT 'it''s (a) ::text'::text,
    kinds varchar(5)[] DEFAULT ARRAY['x'::varchar, 'y']::varchar[], at date DEFAULT ('now'::text)::date, amount numeric CHECK (amount * 2 > -1 AND NOT amount IN (3, 4)), more jsonb DEFAULT '{}',
    total numeric GENERATED ALWAYS AS (CASE WHEN amount IS NULL THEN 0 ELSE round(amount * 1.19, 2) END) STORED, CHECK (kind <> ALL (ARRAY['q', 'r']::varchar[]) OR word ~ '^[a-z]+$' COLLATE "C"),
    UNIQUE (kind, "from") INCLUDE (word) DEFERRABLE, UNIQUE NULLS NOT DISTINCT (at)
);
ALTER TABLE legacy.checked ADD CONSTRAINT later CHECK (kind::text = ANY (ARRAY['a', 'b''c']::text[])) NOT VALID, ADD FOREIGN KEY (id) REFERENCES legacy.posts NOT VALID,
    ADD CONSTRAINT never CHECK ((amount > 0) IS NOT FALSE) NO INHERIT;
INSERT INTO legacy.checked VALUES (41, 'a', 1, 'word', DEFAULT, '2026-01-01', 5), (42, 'b''c', 2, 'other', '{}', '2026-01-02', NULL);
CREATE INDEX ON legacy.checked (lower(word) text_pattern_ops DESC NULLS LAST, kind) INCLUDE (amount) WHERE kind IN ('a', 'b''c') AND "from" <> 3;
CREATE INDEX ON legacy.checked USING gin (more jsonb_path_ops) WITH (fastupdate = off);
CREATE UNIQUE INDEX ON legacy.checked ((coalesce(kind, 'none')), (("from" + 1)));
CREATE INDEX by_hash ON legacy.checked USING hash (word);
CREATE INDEX brin ON legacy.checked USING brin (at, id) WITH (pages_per_range = 4);

-- Partitions by list and on several levels, whose leaves have own objects or another order of
-- columns.
CREATE TABLE legacy.sales (region text NOT NULL, id int GENERATED BY DEFAULT AS IDENTITY, amount int CHECK (amount > 0), sold date NOT NULL) PARTITION BY LIST (region);
CREATE TABLE legacy.sales_eu PARTITION OF legacy.sales FOR VALUES IN ('de', 'fr') PARTITION BY RANGE (sold);
CREATE TABLE legacy.sales_eu_2025 PARTITION OF legacy.sales_eu (CONSTRAINT only_here CHECK (amount < 5000)) FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE legacy.sales_eu_rest PARTITION OF legacy.sales_eu DEFAULT;
CREATE TABLE legacy.sales_us (sold date NOT NULL, gone int, amount int CHECK (amount > 0), id int NOT NULL, region text NOT NULL, PRIMARY KEY (region, id, sold));
ALTER TABLE legacy.sales_us DROP COLUMN gone;
ALTER TABLE legacy.sales ADD PRIMARY KEY (region, id, sold);
ALTER TABLE legacy.sales_us RENAME CONSTRAINT sales_us_amount_check TO sales_amount_check;
ALTER TABLE legacy.sales ATTACH PARTITION legacy.sales_us FOR VALUES IN ('us');
CREATE TABLE legacy.sales_other PARTITION OF legacy.sales DEFAULT;
CREATE UNIQUE INDEX ON legacy.sales_us (sold, id);
CREATE INDEX ON legacy.sales (amount);
INSERT INTO legacy.sales (region, amount, sold) SELECT (ARRAY['de', 'fr', 'us', 'jp'])[i % 4 + 1], i, date '2025-01-01' + i FROM generate_series(1, 1000) i;
CREATE FUNCTION legacy.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER note AFTER INSERT ON legacy.sales FOR EACH ROW WHEN (NEW.amount > 1 AND NEW.region IN ('de', 'us')) EXECUTE FUNCTION legacy.note('an "argument"');
CREATE TRIGGER off BEFORE UPDATE OF word, kind ON legacy.checked FOR EACH ROW EXECUTE FUNCTION legacy.note();
ALTER TABLE legacy.checked DISABLE TRIGGER off;
CREATE TRIGGER replica BEFORE DELETE ON legacy.checked FOR EACH ROW EXECUTE FUNCTION legacy.note();
ALTER TABLE legacy.checked ENABLE REPLICA TRIGGER replica;
CREATE CONSTRAINT TRIGGER deferred AFTER UPDATE ON legacy.checked DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION legacy.note();
CREATE TRIGGER moved AFTER UPDATE ON legacy.posts REFERENCING OLD TABLE AS was NEW TABLE AS now FOR EACH STATEMENT EXECUTE FUNCTION legacy.note();
CREATE VIEW legacy.readable AS SELECT id, body AS "Body" FROM legacy.posts WITH CHECK OPTION;
CREATE TRIGGER instead INSTEAD OF INSERT ON legacy.readable FOR EACH ROW EXECUTE FUNCTION legacy.note();
CREATE RECURSIVE VIEW legacy.upto (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM upto WHERE n < 5;
CREATE MATERIALIZED VIEW legacy.by_region AS SELECT region, count(*) AS sales, sum(amount) AS amount FROM legacy.sales GROUP BY region;
CREATE MATERIALIZED VIEW legacy.not_yet AS SELECT 1 AS one WITH NO DATA;
CREATE TABLE legacy.of_type OF legacy.pair (a WITH OPTIONS PRIMARY KEY);
INSERT INTO legacy.of_type SELECT i, 'b' FROM generate_series(1, 10) i;
CREATE TABLE legacy.no_columns ();
INSERT INTO legacy.no_columns DEFAULT VALUES;
INSERT INTO legacy.no_columns DEFAULT VALUES;
CREATE TABLE legacy.self (id int PRIMARY KEY, up int REFERENCES legacy.self ON DELETE SET NULL (up) DEFERRABLE);
INSERT INTO legacy.self SELECT i, nullif(i - 1, 0) FROM generate_series(1, 50) i;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE legacy.far (id int NOT NULL, note text DEFAULT 'far' CHECK (note <> '')) SERVER elsewhere OPTIONS (x 'y');
CREATE UNLOGGED SEQUENCE legacy.volatile;

-- Unusual names; the longest has 63 bytes.
CREATE TABLE "Ünïcode.schema"."select" ("where" int PRIMARY KEY, "order by" text, "a.b" int, """" int, "back\slash" int, " " int, "ÄÖÜ" int CHECK ("ÄÖÜ" > 0), "per%cent" int DEFAULT 5);
CREATE TABLE "Ünïcode.schema"."123456789012345678901234567890123456789012345678901234567890123" (
    "ééééééééééééééééééééééééééééééé" serial PRIMARY KEY, "123456789012345678901234567890123456789012345678901234567890123" int UNIQUE);
CREATE TABLE "Ünïcode.schema"."Table" ("Id" serial PRIMARY KEY); CREATE TABLE "Ünïcode.schema"."table" (id serial PRIMARY KEY, "Id" int REFERENCES "Ünïcode.schema"."Table");
CREATE TABLE "Ünïcode.schema"."say ""hi"".'there'" ("x""y" int, "$1" text, "new
line" int);
CREATE INDEX "an ""index"" (x)" ON "Ünïcode.schema"."say ""hi"".'there'" ("x""y", ("$1" || '(a)'));
ALTER TABLE "Ünïcode.schema"."say ""hi"".'there'" ADD CONSTRAINT "CHECK ((" CHECK ("x""y" > 0 AND "$1" <> ')('::text);
CREATE TABLE "Ünïcode.schema"."数据" ("😀" int PRIMARY KEY, "名" text);
CREATE SEQUENCE "Ünïcode.schema"."Seq ""q""";
INSERT INTO "Ünïcode.schema"."select" SELECT i, 'o', i, i, i, i, i FROM generate_series(1, 20) i;
INSERT INTO "Ünïcode.schema"."Table" SELECT FROM generate_series(1, 5);
INSERT INTO "Ünïcode.schema"."say ""hi"".'there'" VALUES (1, '(', 2), (2, 'x', 3);
INSERT INTO "Ünïcode.schema"."数据" VALUES (1, '值'), (2, NULL);
COMMENT ON COLUMN legacy.checked.word IS 'a comment';
ALTER TABLE legacy.posts OWNER TO other;
ALTER TABLE legacy.sales_us OWNER TO other;
ALTER SEQUENCE legacy.countdown OWNER TO other;
ALTER VIEW legacy.readable OWNER TO "Odd ""owner""";
ALTER TABLE legacy.drafts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON legacy.drafts USING (true);
ALTER TABLE legacy.drafts ALTER body SET STORAGE EXTERNAL, ALTER body SET STATISTICS 500;
ALTER TABLE legacy.posts SET (fillfactor = 50, autovacuum_enabled = off);
