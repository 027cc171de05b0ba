//! Duplicate keys of ids that the session has fetched with nextval() in a query of its own and then
//! inserts, as Doctrine and JPA do.

use crate::duplicate_key::{Duplicate, IDENTITY};
use crate::statement::Statement::{Number, Sql};

const DRAW: &[&str] = &["SELECT nextval('t_id_seq')"];
const DRAW_THREE: &[&str] = &["SELECT nextval('t_id_seq')", "SELECT nextval('t_id_seq')", "SELECT nextval('t_id_seq')"];
const LITERAL: crate::statement::Statement = Sql("INSERT INTO t (id, note) VALUES (1, 'x')");
/// As Doctrine creates them: nothing in the catalogs links the sequence to the table.
const DOCTRINE: &[&str] = &[
    "CREATE SEQUENCE t_id_seq INCREMENT BY 1 MINVALUE 1 START 1",
    "CREATE TABLE t (id INT NOT NULL, note text, PRIMARY KEY(id))",
    "INSERT INTO t VALUES (1), (2)",
];

pub const NEXTVAL_BEFORE: &[Duplicate] = &[
    Duplicate::new("drawn before", LITERAL).after(DRAW).drawn_before(),
    Duplicate::new("drawn before, a parameter", Number("INSERT INTO t (id, note) VALUES ($1, 'x')", 1))
        .after(DRAW)
        .drawn_before(),
    Duplicate::new("drawn before, generic plan", Sql("EXECUTE p (1)"))
        .after(&[
            "DEALLOCATE ALL",
            "PREPARE p (bigint) AS INSERT INTO t VALUES ($1)",
            "SET plan_cache_mode = force_generic_plan",
            "SELECT nextval('t_id_seq')",
        ])
        .drawn_before(),
    Duplicate::new("drawn before, in a transaction", LITERAL)
        .after(&["BEGIN", "SELECT nextval('t_id_seq')"])
        .drawn_before(),
    Duplicate::new("several drawn, the first inserted", LITERAL).after(DRAW_THREE).drawn_before(),
    Duplicate::new("several drawn, all inserted", Sql("INSERT INTO t (id) VALUES (1), (3), (2)"))
        .after(DRAW_THREE)
        .drawn_before(),
    Duplicate::new("drawn by name as a parameter", LITERAL)
        .after(&["DEALLOCATE ALL", "PREPARE d (regclass) AS SELECT nextval($1)", "EXECUTE d ('t_id_seq')"])
        .drawn_before(),
    Duplicate::new("drawn before, identity", Sql("INSERT INTO t (id) OVERRIDING SYSTEM VALUE VALUES (1)"))
        .on(IDENTITY)
        .after(DRAW)
        .drawn_before(),
    Duplicate::new("drawn before a default", LITERAL)
        .on(&["CREATE TABLE t (id smallserial PRIMARY KEY, note text)", "INSERT INTO t VALUES (1)"])
        .after(&["SELECT nextval('t_id_seq')", "INSERT INTO t (note) VALUES ('y')"])
        .drawn_before(),
    Duplicate::new("no default, named after the column", LITERAL).on(DOCTRINE).after(DRAW).drawn_before(),
    Duplicate::new("no default, owned by the column", LITERAL)
        .on(&[
            "CREATE TABLE t (id int PRIMARY KEY, note text)",
            "CREATE SEQUENCE numbers OWNED BY t.id",
            "INSERT INTO t VALUES (1)",
        ])
        .after(&["SELECT nextval('numbers')"])
        .drawn_before()
        .explained_by("public.numbers", "public.t"),
    Duplicate::new("a block of a sequence that is named after the table", Number("INSERT INTO t (id) VALUES ($1)", 7))
        .on(&[
            "CREATE SEQUENCE t_seq INCREMENT BY 50",
            "CREATE TABLE t (id int PRIMARY KEY, note text)",
            "INSERT INTO t SELECT generate_series(1, 60)",
        ])
        .after(&["SELECT nextval('t_seq')"])
        .drawn_before()
        .explained_by("public.t_seq", "public.t"),
    Duplicate::new("drawn before, a key of two columns", Sql("INSERT INTO t (id, day) VALUES (1, '2026-01-01')"))
        .on(&[
            "CREATE SEQUENCE t_id_seq",
            "CREATE TABLE t (id int, day date, PRIMARY KEY (day, id)) PARTITION BY RANGE (day)",
            "CREATE TABLE leaf PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
            "INSERT INTO t VALUES (1, '2026-01-01')",
        ])
        .after(DRAW)
        .drawn_before(),
];
