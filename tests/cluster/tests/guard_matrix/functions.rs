//! Functions, procedures, triggers, rules and views that insert rows.

use crate::case::Case;
use crate::case::Step::Sql;

const TABLE: &str = "CREATE TABLE t (id serial PRIMARY KEY, note text)";
const SOURCE: &str = "CREATE TABLE source (id int PRIMARY KEY, note text)";
const INSERTING_TRIGGER: &str = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN INSERT INTO t VALUES (NEW.id, NEW.note); RETURN NEW; END $$";

const PLPGSQL: &[&str] =
    &[TABLE, "CREATE FUNCTION f(i int) RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (i); END $$"];
const SETS_ID: &[&str] = &[
    TABLE,
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := 10; RETURN NEW; END $$",
    "CREATE TRIGGER sets_id BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
];

pub const FUNCTIONS: &[Case] = &[
    Case::new("plpgsql function", &[Sql("SELECT f(10)")]).on(PLPGSQL).warns(),
    Case::new("plpgsql function, many times", &[Sql("SELECT f(i) FROM generate_series(10, 30) i")]).on(PLPGSQL).warns(),
    Case::new("SQL function", &[Sql("SELECT f(10)")])
        .on(&[TABLE, "CREATE FUNCTION f(i int) RETURNS void LANGUAGE sql AS 'INSERT INTO t VALUES (i)'"])
        .warns(),
    Case::new("SQL function with a parsed body", &[Sql("SELECT f(10)")])
        .on(&[TABLE, "CREATE FUNCTION f(i int) RETURNS void BEGIN ATOMIC INSERT INTO t VALUES (i); END"])
        .warns(),
    Case::new("DO", &[Sql("DO $$ BEGIN INSERT INTO t VALUES (10); END $$")]).warns(),
    Case::new("dynamic SQL", &[Sql("DO $$ BEGIN EXECUTE 'INSERT INTO t VALUES ($1)' USING 10; END $$")]).warns(),
    Case::new("procedure that commits", &[Sql(
        "DO $$ BEGIN FOR i IN 10 .. 12 LOOP INSERT INTO t VALUES (i); COMMIT; END LOOP; END $$",
    )])
    .warns(),
    Case::new("procedure that rolls back", &[Sql(
        "DO $$ BEGIN INSERT INTO t VALUES (10); ROLLBACK; INSERT INTO t DEFAULT VALUES; END $$",
    )]),
    Case::new("an error that is caught", &[Sql(
        "DO $$ BEGIN BEGIN INSERT INTO t VALUES (10); PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN NULL; END;
         INSERT INTO t DEFAULT VALUES; END $$",
    )]),
    Case::new("an insert, and then an error that is caught", &[Sql(
        "DO $$ BEGIN INSERT INTO t VALUES (10);
         BEGIN INSERT INTO t VALUES (10); EXCEPTION WHEN unique_violation THEN NULL; END; END $$",
    )])
    .warns(),
    Case::new("security definer", &[Sql("BEGIN; SET LOCAL ROLE clerk; SELECT f(10); COMMIT")])
        .on(&[
            TABLE,
            "CREATE FUNCTION f(i int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS \
             $$ BEGIN INSERT INTO t VALUES (i); END $$",
        ])
        .warns(),
];

pub const REWRITTEN: &[Case] = &[
    Case::new("rule, instead, on a view", &[Sql("INSERT INTO v VALUES (10, 'x')")])
        .on(&[
            TABLE,
            "CREATE VIEW v AS SELECT id, note FROM t WHERE id > 0 OFFSET 0",
            "CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (NEW.id, NEW.note)",
        ])
        .warns(),
    Case::new("rule, also", &[Sql("INSERT INTO source VALUES (10, 'x')")])
        .on(&[TABLE, SOURCE, "CREATE RULE r AS ON INSERT TO source DO ALSO INSERT INTO t VALUES (NEW.id, NEW.note)"])
        .warns(),
    Case::new("rule that leaves the id to the sequence", &[Sql("INSERT INTO source VALUES (10, 'x')")]).on(&[
        TABLE,
        SOURCE,
        "CREATE RULE r AS ON INSERT TO source DO ALSO INSERT INTO t (note) VALUES (NEW.note)",
    ]),
    Case::new("updatable view", &[Sql("INSERT INTO v VALUES ('x', 10)")])
        .on(&[TABLE, "CREATE VIEW v (n, i) AS SELECT note, id FROM t"])
        .warns(),
    Case::new("updatable view without the id", &[Sql("INSERT INTO v VALUES ('x')")])
        .on(&[TABLE, "CREATE VIEW v AS SELECT note FROM t"]),
    Case::new("update through a view", &[Sql("UPDATE v SET i = 10")])
        .on(&[TABLE, "INSERT INTO t DEFAULT VALUES", "CREATE VIEW v (i) AS SELECT id FROM t"])
        .warns(),
    Case::new("view with a trigger", &[Sql("INSERT INTO v VALUES (10)")])
        .on(&[
            TABLE,
            "CREATE VIEW v AS SELECT id, note FROM t",
            INSERTING_TRIGGER,
            "CREATE TRIGGER i INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f()",
        ])
        .warns(),
];

pub const TRIGGERS: &[Case] = &[
    Case::new("before row, sets the id", &[Sql("INSERT INTO t (note) VALUES ('x')")])
        .on(SETS_ID)
        .warns_with_triggers_only(),
    Case::new("before row, sets the id that was supplied", &[Sql("INSERT INTO t VALUES (99, 'x')")])
        .on(SETS_ID)
        .warns(),
    Case::new("after row, inserts elsewhere", &[Sql("INSERT INTO source VALUES (10, 'x')")])
        .on(&[
            TABLE,
            SOURCE,
            INSERTING_TRIGGER,
            "CREATE TRIGGER i AFTER INSERT ON source FOR EACH ROW EXECUTE FUNCTION f()",
        ])
        .only_warns(),
    Case::new("deferred, inserts at commit", &[Sql("BEGIN; INSERT INTO source VALUES (10, 'x'); COMMIT")])
        .on(&[
            TABLE,
            SOURCE,
            INSERTING_TRIGGER,
            "CREATE CONSTRAINT TRIGGER i AFTER INSERT ON source DEFERRABLE INITIALLY DEFERRED \
             FOR EACH ROW EXECUTE FUNCTION f()",
        ])
        .only_warns(),
    Case::new("cascading update", &[Sql("UPDATE source SET id = 10")])
        .on(&[
            SOURCE,
            "CREATE TABLE t (id serial PRIMARY KEY REFERENCES source ON UPDATE CASCADE)",
            "INSERT INTO source VALUES (1)",
            "INSERT INTO t DEFAULT VALUES",
        ])
        .warns(),
];
