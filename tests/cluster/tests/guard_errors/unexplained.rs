//! Duplicate keys that no sequence is to blame for.

use crate::attempt::Attempt::{self, Copy, Prepared, Sql};
use crate::duplicate::{Duplicate, IDENTITY, INSERT};

const LITERAL: Attempt = Sql("INSERT INTO t VALUES (1, 'x')");
/// A table whose trigger supplies an id, which is there already, to another.
const WITH_LOG: &[&str] = &[
    "CREATE TABLE t (id serial PRIMARY KEY, note text)",
    "CREATE TABLE log (id serial PRIMARY KEY)",
    "INSERT INTO log VALUES (1)",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN INSERT INTO log VALUES (NEW.id); RETURN NEW; END $$",
    "CREATE TRIGGER i AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
];

pub const UNEXPLAINED: &[Duplicate] = &[
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
    // Of a statement within another the plan is not at hand: README, Without triggers.
    Duplicate::new("DEFAULT, in a function", Sql("DO $$ BEGIN INSERT INTO t VALUES (DEFAULT, 'x'); END $$")),
    Duplicate::new("literal, in a function", Sql("DO $$ BEGIN INSERT INTO t VALUES (1); END $$")),
    Duplicate::new("literal, by EXECUTE", Sql("EXECUTE p (1)"))
        .after(&["DEALLOCATE ALL", "PREPARE p (int) AS INSERT INTO t VALUES ($1)"]),
    Duplicate::new("nextval of another sequence", Sql("INSERT INTO t VALUES (nextval('other'))")).on(&[
        "CREATE TABLE t (id serial PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
        "CREATE SEQUENCE other",
    ]),
    Duplicate::new("update of the id", Sql("UPDATE t SET id = 1 WHERE id = 2")),
    Duplicate::new(
        "update of the id on conflict",
        Sql("INSERT INTO t (note) VALUES ('b') ON CONFLICT (note) DO UPDATE SET id = 1"),
    )
    .after(&["SELECT setval('t_id_seq', 10)"]),
    Duplicate::new("another column", Sql("INSERT INTO t (note) VALUES ('a')"))
        .after(&["SELECT setval('t_id_seq', 10)"]),
    Duplicate::new("two columns", INSERT).on(&[
        "CREATE TABLE t (id serial, kind int DEFAULT 1, note text, UNIQUE (id, kind))",
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
