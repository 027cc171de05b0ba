//! Duplicate keys that are not caused by a sequence, so that their errors have no hint.

use crate::duplicate_key::{Duplicate, IDENTITY, INSERT};
use crate::statement::Statement::{self, Copy, Prepared, Sql};

const LITERAL: Statement = Sql("INSERT INTO t VALUES (1, 'x')");
/// Row `a` cannot change its kind to 2.
const TWO_COLUMNS: &[&str] = &[
    "CREATE TABLE t (id serial, kind int DEFAULT 1, note text UNIQUE, UNIQUE (id, kind))",
    "INSERT INTO t VALUES (1, 1, 'a'), (1, 2, 'b')",
];
/// A table whose trigger inserts an existing id into another table.
const WITH_LOG: &[&str] = &[
    "CREATE TABLE t (id serial PRIMARY KEY, note text)",
    "CREATE TABLE log (id serial PRIMARY KEY)",
    "INSERT INTO log VALUES (1)",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN INSERT INTO log VALUES (NEW.id); RETURN NEW; END $$",
    "CREATE TRIGGER i AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
];

pub const WITHOUT_HINT: &[Duplicate] = &[
    Duplicate::new("literal", LITERAL),
    Duplicate::new("literal, prepared", Prepared("INSERT INTO t VALUES (1, $1)", "x")),
    Duplicate::new("literal, insert select", Sql("INSERT INTO t SELECT 1")),
    Duplicate::new("literal, COPY", Copy("COPY t FROM STDIN", b"50\tx\n1\ty\n")),
    Duplicate::new("literal, returning", Sql("INSERT INTO t (note, id) VALUES ('x', 1) RETURNING *")),
    Duplicate::new("literal, identity", Sql("INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1)")).on(IDENTITY),
    Duplicate::new("literal, after one that was caught", LITERAL)
        .after(&["DO $$ BEGIN INSERT INTO t (note) VALUES ('x'); EXCEPTION WHEN unique_violation THEN NULL; END $$"]),
    Duplicate::new("literal, after ROLLBACK TO", LITERAL).after(&[
        "BEGIN",
        "SAVEPOINT s",
        "INSERT INTO t (id, note) VALUES (nextval('t_id_seq') + 100, 'y')",
        "ROLLBACK TO s",
    ]),
    Duplicate::new(
        "literal, after a default in the same function",
        Sql("DO $$ BEGIN INSERT INTO t (note) VALUES ('x'); INSERT INTO t VALUES (1); END $$"),
    )
    .after(&["SELECT setval('t_id_seq', 10)"]),
    // The plan of a nested statement is not available: docs/reference/guard.md, Duplicate keys.
    Duplicate::new("DEFAULT, in a function", Sql("DO $$ BEGIN INSERT INTO t VALUES (DEFAULT, 'x'); END $$")),
    Duplicate::new("literal, in a function", Sql("DO $$ BEGIN INSERT INTO t VALUES (1); END $$")),
    Duplicate::new("literal, by EXECUTE", Sql("EXECUTE p (1)"))
        .after(&["DEALLOCATE ALL", "PREPARE p (int) AS INSERT INTO t VALUES ($1)"]),
    Duplicate::new("nextval of another sequence", Sql("INSERT INTO t VALUES (nextval('other'))")).on(&[
        "CREATE TABLE t (id serial PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
        "CREATE SEQUENCE other",
    ]),
    Duplicate::new("another id than the one that was drawn", Sql("INSERT INTO t VALUES (2, 'x')"))
        .after(&["SELECT nextval('t_id_seq')"]),
    Duplicate::new("another id together with the one that was drawn", Sql("INSERT INTO t VALUES (1, 'x'), (2, 'y')"))
        .after(&["SELECT nextval('t_id_seq')"]),
    Duplicate::new("drawn and already inserted", Sql("INSERT INTO t VALUES (11, 'y')")).after(&[
        "SELECT setval('t_id_seq', 10)",
        "SELECT nextval('t_id_seq')",
        "INSERT INTO t VALUES (11, 'x')",
    ]),
    Duplicate::new("drawn by a default", Sql("INSERT INTO t VALUES (12, 'y')")).after(&[
        "SELECT setval('t_id_seq', 10)",
        "SELECT nextval('t_id_seq')",
        "INSERT INTO t (note) VALUES ('x')",
    ]),
    Duplicate::new("drawn by a default that is written out", Sql("INSERT INTO t VALUES (12, 'y')")).after(&[
        "SELECT setval('t_id_seq', 10)",
        "SELECT nextval('t_id_seq')",
        "INSERT INTO t VALUES (nextval('t_id_seq'), 'x')",
    ]),
    Duplicate::new("drawn from another sequence", LITERAL)
        .on(&["CREATE TABLE t (id serial PRIMARY KEY, note text)", "INSERT INTO t VALUES (1)", "CREATE SEQUENCE other"])
        .after(&["SELECT nextval('other')"]),
    Duplicate::new("drawn from the sequence of another table", LITERAL)
        .on(&[
            "CREATE TABLE t (id int PRIMARY KEY, note text)",
            "INSERT INTO t VALUES (1)",
            "CREATE TABLE u (id serial PRIMARY KEY)",
            "ALTER SEQUENCE u_id_seq RENAME TO t_id_seq",
        ])
        .after(&["SELECT nextval('t_id_seq')"]),
    Duplicate::new("drawn from the sequence of another table's default", LITERAL)
        .on(&[
            "CREATE TABLE t (id int PRIMARY KEY, note text)",
            "INSERT INTO t VALUES (1)",
            "CREATE SEQUENCE t_id_seq",
            "CREATE TABLE u (id int PRIMARY KEY DEFAULT nextval('t_id_seq'))",
        ])
        .after(&["SELECT nextval('t_id_seq')"]),
    Duplicate::new("drawn for another column", Sql("INSERT INTO t (id, no) VALUES (1, 5)"))
        .on(&[
            "CREATE TABLE t (id int PRIMARY KEY, no int UNIQUE)",
            "INSERT INTO t VALUES (2, 5)",
            "CREATE SEQUENCE t_id_seq",
        ])
        .after(&["SELECT nextval('t_id_seq')"]),
    Duplicate::new("a literal after one that was drawn", Sql("DO $$ BEGIN INSERT INTO t VALUES (2, 'x'); END $$"))
        .on(&["CREATE TABLE t (id int PRIMARY KEY, note text)", "INSERT INTO t VALUES (2)", "CREATE SEQUENCE t_id_seq"])
        .after(&["BEGIN", "SELECT nextval('t_id_seq')", "INSERT INTO t VALUES (1, 'x')"]),
    Duplicate::new("update of the id", Sql("UPDATE t SET id = 1 WHERE id = 2")),
    Duplicate::new(
        "update of the id on conflict",
        Sql("INSERT INTO t (note) VALUES ('b') ON CONFLICT (note) DO UPDATE SET id = 1"),
    )
    .after(&["SELECT setval('t_id_seq', 10)"]),
    Duplicate::new("another column", Sql("INSERT INTO t (note) VALUES ('a')"))
        .after(&["SELECT setval('t_id_seq', 10)"]),
    Duplicate::new(
        "two columns, the other one updated on conflict",
        Sql("INSERT INTO t (note) VALUES ('a') ON CONFLICT (note) DO UPDATE SET kind = 2"),
    )
    .on(TWO_COLUMNS)
    .after(&["SELECT setval('t_id_seq', 10)"]),
    Duplicate::new("two columns, the other one updated by a trigger", Sql("INSERT INTO t (kind) VALUES (5)")).on(&[
        "CREATE TABLE t (id serial, kind int, note text UNIQUE, UNIQUE (id, kind))",
        "INSERT INTO t VALUES (1, 1, 'a'), (1, 2, 'b')",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN UPDATE t SET kind = 2 WHERE note = 'a'; RETURN NEW; END $$",
        "CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ]),
    Duplicate::new("two columns, the other one updated in a partition", Sql("INSERT INTO t (kind) VALUES (5)")).on(&[
        "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY, kind int, note text, UNIQUE (id, kind)) \
         PARTITION BY RANGE (kind)",
        "CREATE TABLE leaf PARTITION OF t FOR VALUES FROM (0) TO (9)",
        "INSERT INTO t VALUES (1, 1, 'a'), (1, 2, 'b')",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN UPDATE leaf SET kind = 2 WHERE note = 'a'; RETURN NEW; END $$",
        "CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ]),
    Duplicate::new("an id that is only stored with the key", INSERT).on(&[
        "CREATE TABLE t (id serial, note text)",
        "CREATE UNIQUE INDEX ON t (note) INCLUDE (id)",
        "INSERT INTO t VALUES (7, 'x')",
    ]),
    Duplicate::new("an expression of the id", INSERT).on(&[
        "CREATE TABLE t (id serial, note text)",
        "CREATE UNIQUE INDEX ON t ((id % 10))",
        "INSERT INTO t VALUES (11, 'x')",
    ]),
    Duplicate::new("a sequence that starts over by design", INSERT).on(&[
        "CREATE TABLE t (id serial PRIMARY KEY, note text)",
        "ALTER SEQUENCE t_id_seq CYCLE MAXVALUE 3",
        "INSERT INTO t VALUES (1)",
    ]),
    Duplicate::new("no sequence", INSERT)
        .on(&["CREATE TABLE t (id int DEFAULT 1 PRIMARY KEY, note text)", "INSERT INTO t VALUES (1)"]),
    Duplicate::new("literal into another table, by a trigger", INSERT).on(WITH_LOG),
    Duplicate::new("literal into the second table", Sql("INSERT INTO u DEFAULT VALUES; INSERT INTO t VALUES (1)")).on(
        &[
            "CREATE TABLE t (id serial PRIMARY KEY)",
            "INSERT INTO t VALUES (1)",
            "CREATE TABLE u (id serial PRIMARY KEY)",
        ],
    ),
    Duplicate::new(
        "guard off",
        Sql("BEGIN; SET LOCAL pg_flightcheck.guard = 'off'; INSERT INTO t (note) VALUES ('x')"),
    ),
];
