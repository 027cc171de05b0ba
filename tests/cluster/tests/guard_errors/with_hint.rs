//! Duplicate keys of ids that come from a sequence, so that their errors have a hint.

use crate::duplicate_key::{Duplicate, IDENTITY, INSERT};
use crate::statement::Statement::{Copy, Prepared, Sql};

/// A table that is behind, and one whose trigger inserts into it.
const WITH_SOURCE: &[&str] = &[
    "CREATE TABLE t (id serial PRIMARY KEY, note text UNIQUE)",
    "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
    "CREATE TABLE source (id serial PRIMARY KEY, note text)",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN INSERT INTO t (note) VALUES (NEW.note); RETURN NEW; END $$",
    "CREATE TRIGGER i AFTER INSERT ON source FOR EACH ROW EXECUTE FUNCTION f()",
];
const PARTITIONED: &[&str] = &[
    "CREATE TABLE t (id serial PRIMARY KEY, note text) PARTITION BY RANGE (id)",
    "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (100)",
    "INSERT INTO t VALUES (1), (2)",
];
/// The key contains the partition key, as it must in a partitioned table.
const BY_DAY: &[&str] = &[
    "CREATE TABLE t (id serial, day date DEFAULT '2026-01-01', PRIMARY KEY (day, id)) PARTITION BY RANGE (day)",
    "CREATE TABLE years PARTITION OF t FOR VALUES FROM ('2000-01-01') TO ('2030-01-01') PARTITION BY RANGE (day)",
    "CREATE TABLE \"2026\" (extra int, day date NOT NULL, id int NOT NULL)",
    "ALTER TABLE \"2026\" DROP extra; ALTER TABLE years ATTACH PARTITION \"2026\" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    "INSERT INTO t (id) VALUES (1)",
];
const QUOTED: &[&str] = &[
    r#"CREATE SCHEMA "S.x""#,
    r#"CREATE TABLE "S.x"."My ""T"".a's" ("Id" serial PRIMARY KEY, note text)"#,
    r#"INSERT INTO "S.x"."My ""T"".a's" VALUES (1)"#,
];

pub const WITH_HINT: &[Duplicate] = &[
    Duplicate::new("insert", INSERT).explained(),
    Duplicate::new("DEFAULT", Sql("INSERT INTO t VALUES (DEFAULT, 'x')")).explained(),
    Duplicate::new("default values", Sql("INSERT INTO t DEFAULT VALUES")).explained(),
    Duplicate::new("rows", Sql("INSERT INTO t (note) VALUES ('x'), ('y')")).explained(),
    Duplicate::new("rows of DEFAULT", Sql("INSERT INTO t VALUES (DEFAULT, 'x'), (DEFAULT, 'y')")).explained(),
    Duplicate::new("DEFAULT, prepared", Prepared("INSERT INTO t VALUES (DEFAULT, $1)", "x")).explained(),
    Duplicate::new("DEFAULT, of another width", Sql("INSERT INTO t VALUES (DEFAULT, 'x'), (DEFAULT, 'y')"))
        .on(&["CREATE TABLE t (id smallserial PRIMARY KEY, note text)", "INSERT INTO t VALUES (1)"])
        .explained(),
    Duplicate::new("DEFAULT, identity", Sql("INSERT INTO t VALUES (DEFAULT, 'x'), (DEFAULT, 'y')"))
        .on(IDENTITY)
        .explained(),
    Duplicate::new("DEFAULT, through a view", Sql("INSERT INTO v VALUES ('x', DEFAULT)"))
        .on(&[
            "CREATE TABLE t (id serial PRIMARY KEY, note text)",
            "INSERT INTO t VALUES (1)",
            "CREATE VIEW v AS SELECT note, id FROM t",
        ])
        .explained(),
    Duplicate::new("DEFAULT, by EXECUTE", Sql("EXECUTE p ('x')"))
        .after(&["DEALLOCATE ALL", "PREPARE p (text) AS INSERT INTO t VALUES (DEFAULT, $1)"])
        .explained(),
    Duplicate::new("DEFAULT, in a CTE", Sql("WITH i AS (INSERT INTO t VALUES (DEFAULT, 'x')) SELECT 1")).explained(),
    Duplicate::new("insert select", Sql("INSERT INTO t (note) SELECT 'x' || i FROM generate_series(1, 9) i"))
        .explained(),
    Duplicate::new("returning", Sql("INSERT INTO t (note) VALUES ('x') RETURNING id")).explained(),
    Duplicate::new("prepared", Prepared("INSERT INTO t (note) VALUES ($1)", "x")).explained(),
    Duplicate::new("generic plan", Sql("EXECUTE p ('x')"))
        .after(&[
            "DEALLOCATE ALL",
            "PREPARE p (text) AS INSERT INTO t (note) VALUES ($1)",
            "SET plan_cache_mode = force_generic_plan",
        ])
        .explained(),
    Duplicate::new(
        "on conflict of another column",
        Sql("INSERT INTO t (note) VALUES ('x') ON CONFLICT (note) DO NOTHING"),
    )
    .explained(),
    Duplicate::new("writable CTE", Sql("WITH i AS (INSERT INTO t (note) VALUES ('x') RETURNING id) SELECT * FROM i"))
        .explained(),
    Duplicate::new(
        "two tables in a CTE",
        Sql("WITH i AS (INSERT INTO u VALUES (10) RETURNING id) INSERT INTO t (note) SELECT id::text FROM i"),
    )
    .on(&[
        "CREATE TABLE t (id serial PRIMARY KEY, note text)",
        "INSERT INTO t VALUES (1)",
        "CREATE TABLE u (id serial PRIMARY KEY)",
    ])
    .explained(),
    Duplicate::new("two tables", Sql("INSERT INTO u DEFAULT VALUES; INSERT INTO t (note) VALUES ('x')"))
        .on(&[
            "CREATE TABLE t (id serial PRIMARY KEY, note text)",
            "INSERT INTO t VALUES (1)",
            "CREATE TABLE u (id serial PRIMARY KEY)",
        ])
        .explained(),
    Duplicate::new("copy without the id", Copy("COPY t (note) FROM STDIN", b"x\ny\n")).explained(),
    Duplicate::new("updatable view", Sql("INSERT INTO v VALUES ('x')"))
        .on(&[
            "CREATE TABLE t (id serial PRIMARY KEY, note text)",
            "INSERT INTO t VALUES (1)",
            "CREATE VIEW v AS SELECT note FROM t",
        ])
        .explained(),
    Duplicate::new("rule", Sql("INSERT INTO v VALUES ('x')"))
        .on(&[
            "CREATE TABLE t (id serial PRIMARY KEY, note text)",
            "INSERT INTO t VALUES (1)",
            "CREATE VIEW v AS SELECT note FROM t OFFSET 0",
            "CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t (note) VALUES (NEW.note)",
        ])
        .explained(),
    Duplicate::new("function", Sql("DO $$ BEGIN INSERT INTO t (note) VALUES ('x'); END $$")).explained(),
    Duplicate::new("dynamic SQL", Sql("DO $$ BEGIN EXECUTE 'INSERT INTO t (note) VALUES ($1)' USING 'x'; END $$"))
        .explained(),
    Duplicate::new(
        "rethrown",
        Sql("DO $$ BEGIN INSERT INTO t (note) VALUES ('x'); EXCEPTION WHEN unique_violation THEN RAISE; END $$"),
    )
    .explained(),
    Duplicate::new("in a trigger of another table", Sql("INSERT INTO source VALUES (10, 'x')"))
        .on(WITH_SOURCE)
        .explained(),
    Duplicate::new("after ROLLBACK TO", INSERT)
        .after(&["BEGIN", "SAVEPOINT s", "INSERT INTO t VALUES (50)", "ROLLBACK TO s"])
        .explained(),
    Duplicate::new("after an id, in the same transaction", INSERT)
        .after(&["BEGIN", "INSERT INTO t VALUES (50)"])
        .explained(),
    Duplicate::new(
        "after an id, in the same function",
        Sql("DO $$ BEGIN INSERT INTO t VALUES (50); INSERT INTO t (note) VALUES ('x'); END $$"),
    )
    .explained(),
    Duplicate::new(
        "after an id, in the same message",
        Sql("INSERT INTO t VALUES (50); INSERT INTO t (note) VALUES ('x')"),
    )
    .explained(),
    Duplicate::new("renamed since", Sql("INSERT INTO renamed (note) VALUES ('x')"))
        .after(&[
            "DO $$ BEGIN INSERT INTO t (note) VALUES ('x'); EXCEPTION WHEN unique_violation THEN NULL; END $$",
            "ALTER TABLE t RENAME TO renamed; ALTER INDEX t_pkey RENAME TO other",
            "ALTER SEQUENCE t_id_seq RENAME TO numbers",
            "SELECT setval('numbers', 1, false)",
        ])
        .explained_by("public.numbers", "public.renamed"),
    Duplicate::new("identity", INSERT).on(IDENTITY).explained(),
    Duplicate::new("identity, overriding the user's value", Sql("INSERT INTO t OVERRIDING USER VALUE VALUES (7, 'x')"))
        .on(&[
            "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, note text)",
            "INSERT INTO t VALUES (1)",
        ])
        .explained(),
    Duplicate::new("a unique index", INSERT)
        .on(&["CREATE TABLE t (id serial, note text)", "CREATE UNIQUE INDEX ON t (id)", "INSERT INTO t VALUES (1)"])
        .explained(),
    Duplicate::new("a sequence that the table does not own", INSERT)
        .on(&[
            "CREATE SEQUENCE s",
            "CREATE TABLE t (id int DEFAULT nextval('s') PRIMARY KEY, note text)",
            "INSERT INTO t VALUES (1)",
        ])
        .explained_by("public.s", "public.t"),
    Duplicate::new("partition root", INSERT).on(PARTITIONED).explained(),
    Duplicate::new("a key of two columns, in a partition of a partition", Sql("INSERT INTO t DEFAULT VALUES"))
        .on(BY_DAY)
        .explained(),
    Duplicate::new("two columns", INSERT)
        .on(&[
            "CREATE TABLE t (id serial, kind int DEFAULT 1, note text, UNIQUE (id, kind))",
            "INSERT INTO t VALUES (1)",
        ])
        .explained(),
    Duplicate::new("two columns, the id last", INSERT)
        .on(&[
            "CREATE TABLE t (id serial, tenant int DEFAULT 7, note text)",
            "CREATE UNIQUE INDEX ON t (tenant, id) INCLUDE (note) WHERE tenant > 0",
            "INSERT INTO t VALUES (1)",
        ])
        .explained(),
    Duplicate::new("two columns, and another table updated", Sql("INSERT INTO t (note) VALUES ('x')"))
        .on(&[
            "CREATE TABLE t (id serial, kind int DEFAULT 1, note text, UNIQUE (id, kind))",
            "INSERT INTO t VALUES (1)",
            "CREATE TABLE u (id serial PRIMARY KEY, note text)",
            "INSERT INTO u DEFAULT VALUES",
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN UPDATE u SET note = 'y'; RETURN NEW; END $$",
            "CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        ])
        .explained(),
    Duplicate::new("quoted names", Sql(r#"INSERT INTO "S.x"."My ""T"".a's" (note) VALUES ('x')"#))
        .on(QUOTED)
        .explained_by(r#""S.x"."My ""T"".a's_Id_seq""#, r#""S.x"."My ""T"".a's""#),
];
