//! Statements for which migration_precheck offers others, and statements for which it must not.

/// A statement, with what exists before. Both run with the case's own schema first in search_path.
/// The values of a column `u` differ each time.
pub struct Case {
    pub setup: &'static str,
    pub statement: &'static str,
    pub since: u32,
    /// How the two are compared, besides the schemas and the rows.
    pub gain: Gain,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gain {
    /// The strongest lock on a table while its rows are read or written again is weaker.
    Rows,
    /// The lock on this table is weaker.
    Table(&'static str),
    /// The rows are written by several transactions.
    Batches,
}

const fn case(setup: &'static str, statement: &'static str) -> Case {
    Case { setup, statement, since: 0, gain: Gain::Rows }
}

const fn since(since: u32, setup: &'static str, statement: &'static str) -> Case {
    Case { setup, statement, since, gain: Gain::Rows }
}

const fn on(table: &'static str, setup: &'static str, statement: &'static str) -> Case {
    Case { setup, statement, since: 0, gain: Gain::Table(table) }
}

const fn batches(setup: &'static str, statement: &'static str) -> Case {
    Case { setup, statement, since: 0, gain: Gain::Batches }
}

const PLAIN: &str = "
    CREATE TABLE p (id int PRIMARY KEY, k text UNIQUE);
    INSERT INTO p SELECT i, 'k' || i FROM generate_series(1, 300) i;
    CREATE TABLE t (a int NOT NULL, b int, c text, \"D e\" int);
    INSERT INTO t SELECT i, i, 'k' || i, i FROM generate_series(1, 300) i";

const PARTS: &str = "
    CREATE TABLE p (id int PRIMARY KEY);
    INSERT INTO p SELECT i FROM generate_series(1, 300) i;
    CREATE TABLE t (a int NOT NULL, b int, c text) PARTITION BY RANGE (a);
    CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100);
    CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (100) TO (1000) PARTITION BY LIST (b);
    CREATE TABLE t2x PARTITION OF t2 DEFAULT;
    INSERT INTO t SELECT i, i, 'k' || i FROM generate_series(1, 300) i";

const ATTACHED: &str = "
    CREATE TABLE t (a int, b text) PARTITION BY RANGE (a);
    CREATE TABLE td PARTITION OF t DEFAULT;
    CREATE TABLE n (a int, b text);
    INSERT INTO n SELECT i, 'x' FROM generate_series(100, 199) i;
    INSERT INTO t SELECT i, 'x' FROM generate_series(1, 50) i";

const LISTED: &str = "
    CREATE TABLE t (a text, b int) PARTITION BY LIST (a);
    CREATE TABLE n (a text, b int);
    INSERT INTO n SELECT CASE WHEN i % 2 = 0 THEN 'x' ELSE 'y' END, i FROM generate_series(1, 100) i";

const VIEWED: &str = "
    CREATE TABLE s (id int, b int);
    INSERT INTO s SELECT i, i FROM generate_series(1, 200) i;
    CREATE MATERIALIZED VIEW t AS SELECT id, b FROM s;
    CREATE UNIQUE INDEX t_id ON t (id)";

/// The trigger notes which transaction writes each row.
const MANY: &str = "
    CREATE TABLE log (u xid8);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO log VALUES (pg_current_xact_id()); RETURN NULL; END';
    CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL, c text);
    CREATE TRIGGER note AFTER UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();
    INSERT INTO t SELECT i * 3, i % 7, CASE WHEN i % 2 = 0 THEN 'x' END FROM generate_series(1, 25000) i";

pub const CASES: &[Case] = &[
    case(PLAIN, "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p"),
    case(PLAIN, "ALTER TABLE t ADD CONSTRAINT \"F k\" FOREIGN KEY (c) REFERENCES p (k) ON DELETE SET NULL DEFERRABLE"),
    case(PLAIN, "ALTER TABLE IF EXISTS ONLY t -- why\n ADD FOREIGN KEY (\"D e\") REFERENCES p /* no */ MATCH FULL"),
    since(18, PARTS, "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p"),
    case(PLAIN, "ALTER TABLE t ADD CHECK (a > 0)"),
    case(PLAIN, "ALTER TABLE t ADD CHECK (a > 0 AND c <> 'x;\n')"),
    case(PLAIN, "ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0) NO INHERIT"),
    case(PARTS, "ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0)"),
    case(PLAIN, "ALTER TABLE t ALTER b SET NOT NULL"),
    case(PLAIN, "ALTER TABLE t ALTER COLUMN \"D e\" SET NOT NULL, ALTER b SET NOT NULL"),
    case(PARTS, "ALTER TABLE t ALTER b SET NOT NULL"),
    since(18, PLAIN, "ALTER TABLE t ADD CONSTRAINT nn NOT NULL b"),
    case(PLAIN, "ALTER TABLE t ADD PRIMARY KEY (a)"),
    case(PLAIN, "ALTER TABLE t ADD PRIMARY KEY (b, \"D e\")"),
    case(
        PLAIN,
        "ALTER TABLE t ADD CONSTRAINT \"K\" PRIMARY KEY (a) INCLUDE (c) WITH (fillfactor = 70) USING INDEX TABLESPACE pg_default",
    ),
    case(PLAIN, "ALTER TABLE t ADD UNIQUE (c, a)"),
    case(PLAIN, "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (\"D e\") INCLUDE (b) DEFERRABLE INITIALLY DEFERRED"),
    case(PLAIN, "ALTER TABLE t ADD CHECK (b < 1000), ADD UNIQUE (a), ADD FOREIGN KEY (b) REFERENCES p, ADD x int"),
    case(PLAIN, "CREATE INDEX ON t (b)"),
    case(PLAIN, "CREATE UNIQUE INDEX IF NOT EXISTS \"index\" ON t USING btree (lower(c) DESC, b) WHERE a > 0"),
    case(VIEWED, "CREATE INDEX ON t (b)"),
    case(PARTS, "CREATE INDEX ON t (b)"),
    case(PARTS, "CREATE INDEX named ON t (lower(c), b DESC) INCLUDE (a) WHERE b > 0"),
    on("t", PLAIN, "DROP INDEX i"),
    on("t", PLAIN, "DROP INDEX IF EXISTS i, j"),
    on("i", PLAIN, "REINDEX INDEX i"),
    case(PLAIN, "REINDEX (VERBOSE) TABLE t"),
    case(VIEWED, "REFRESH MATERIALIZED VIEW t"),
    on("t", PARTS, "ALTER TABLE t DETACH PARTITION t1"),
    case(ATTACHED, "ALTER TABLE t ATTACH PARTITION n FOR VALUES FROM (100) TO (200)"),
    case(LISTED, "ALTER TABLE t ATTACH PARTITION n FOR VALUES IN ('x', 'y')"),
    case(LISTED, "ALTER TABLE t ATTACH PARTITION n FOR VALUES IN ('x', 'y', NULL)"),
    case(PLAIN, "ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid()"),
    case(PLAIN, "ALTER TABLE t ADD u uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE"),
    case(PLAIN, "ALTER TABLE t ADD u float DEFAULT random() * 10 CHECK (u >= 0)"),
    case(PLAIN, "ALTER TABLE t ADD u bigserial PRIMARY KEY"),
    case(PLAIN, "ALTER TABLE t ADD COLUMN u serial"),
    case(
        PLAIN,
        "ALTER TABLE t ADD n int DEFAULT 1 NOT NULL CONSTRAINT few CHECK (n < 9) REFERENCES p ON DELETE SET NULL",
    ),
    case(PLAIN, "ALTER TABLE t ADD COLUMN n text COLLATE \"C\" NULL UNIQUE DEFERRABLE"),
    batches(MANY, "UPDATE t SET n = n + 1 WHERE c IS DISTINCT FROM 'x' OR n = 3"),
    batches(MANY, "UPDATE ONLY t AS z SET (n, c) = ROW (z.n + 1, upper(c))"),
    batches(MANY, "DELETE FROM t WHERE n = 2 OR c = 'x'"),
];

/// What exists besides, for the statements that need it.
pub const INDEXES: &str = "CREATE INDEX i ON t (b); CREATE INDEX j ON t (c)";

/// Statements that have no other form, or none that is certain to do the same.
pub const NONE: &[(&str, &str)] = &[
    ("CREATE TABLE none1 (a int)", "CREATE TABLE none1a (a int PRIMARY KEY)"),
    ("CREATE TEMP TABLE none2 (a int); INSERT INTO none2 VALUES (1)", "CREATE INDEX ON none2 (a)"),
    ("CREATE TABLE none3 (a int PRIMARY KEY) PARTITION BY RANGE (a)", "ALTER TABLE none3 ADD UNIQUE (a)"),
    ("CREATE TABLE none4 (a int); INSERT INTO none4 VALUES (1), (1)", "CREATE UNIQUE INDEX ON none4 (a)"),
    ("CREATE TABLE none5 (a int)", "DO 'BEGIN END'; CREATE INDEX ON none5 (a)"),
    ("CREATE TABLE none6 (a text)", "ALTER TABLE none6 ADD CHECK (a <> $$x\ny$$)"),
    ("CREATE TABLE none7 (a text)", "ALTER TABLE none7 ADD CHECK (a <> 'x'\n'y')"),
    ("CREATE TABLE none8 (a int, EXCLUDE USING btree (a WITH =))", "REINDEX TABLE none8"),
    ("CREATE TABLE none9 (a int, b int UNIQUE)", "DROP INDEX none9_b_key"),
    (
        "CREATE TABLE none10 (a int) PARTITION BY LIST (a); CREATE TABLE none10a PARTITION OF none10 FOR VALUES IN (1);
         CREATE TABLE none10b PARTITION OF none10 DEFAULT",
        "ALTER TABLE none10 DETACH PARTITION none10a",
    ),
    (
        "CREATE MATERIALIZED VIEW none11 AS SELECT i FROM generate_series(1, 9) i; CREATE UNIQUE INDEX ON none11 (i)",
        "REFRESH MATERIALIZED VIEW none11 WITH NO DATA",
    ),
    (
        "CREATE MATERIALIZED VIEW none12 AS SELECT i FROM generate_series(1, 9) i; CREATE INDEX ON none12 (i)",
        "REFRESH MATERIALIZED VIEW none12",
    ),
    (
        "CREATE TABLE none13 (a int); INSERT INTO none13 VALUES (1);
         CREATE TRIGGER s BEFORE UPDATE ON none13 FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "ALTER TABLE none13 ADD u uuid DEFAULT gen_random_uuid()",
    ),
    ("CREATE TABLE none14 (a int)", "ALTER TABLE none14 ADD b int GENERATED ALWAYS AS (a + 1) STORED"),
    ("CREATE TABLE none15 (a int)", "ALTER TABLE none15 ADD b int GENERATED ALWAYS AS IDENTITY"),
    ("CREATE TABLE none16 (a int, b int)", "ALTER TABLE none16 DROP COLUMN b, ADD CHECK (a > 0)"),
    (
        "CREATE TABLE none17 (a int); CREATE TABLE none17a () INHERITS (none17)",
        "ALTER TABLE ONLY none17 ALTER a SET NOT NULL",
    ),
    ("CREATE TABLE none18 (a int NOT NULL)", "ALTER TABLE none18 ALTER a SET NOT NULL"),
    ("CREATE TABLE none19 (a int)", "ALTER TABLE none19 ADD CONSTRAINT c CHECK (a > 0) NOT VALID"),
    ("CREATE TABLE none20 (a int)", "ALTER TABLE none20 ADD COLUMN b int DEFAULT 7 NOT NULL"),
    ("SELECT", "UPDATE many SET c = now()::text"),
    ("SELECT", "UPDATE many SET n = n + 1 WHERE id IN (SELECT min(id) FROM many GROUP BY n)"),
    ("SELECT", "UPDATE many SET n = 1 FROM none1 WHERE a = n"),
    ("SELECT", "DELETE FROM many RETURNING id"),
    ("SELECT", "UPDATE many SET id = id + 1"),
];

/// The table of the last statements.
pub const NONE_MANY: &str = "CREATE TABLE many (id int PRIMARY KEY, n int, c text);
    INSERT INTO many SELECT i, i FROM generate_series(1, 20000) i; ANALYZE many";
